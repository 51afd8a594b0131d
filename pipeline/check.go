package pipeline

import (
	"context"
	"fmt"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/pipeline/recipe"
)

// Check finds what is wrong with a recipe that can be seen without its data, and runs its tests. It returns the number of tests that passed.
func Check(ctx context.Context, r *recipe.Recipe) (int, error) {
	var list []recipe.Mistake
	for _, s := range r.Sources {
		for _, err := range s.Check() {
			list = append(list, recipe.Mistake{Message: "source " + s.Name + ": " + err.Error()})
		}
	}
	if len(list) > 0 {
		return 0, &recipe.Mistakes{File: r.Path, Source: r.Source, List: list}
	}
	env := newEnvironment(r)
	passed := 0
	for _, t := range r.Tests {
		if m := runTest(ctx, r, env, t); m != nil {
			list = append(list, *m)
			continue
		}
		passed++
	}
	if len(list) > 0 {
		return passed, &recipe.Mistakes{File: r.Path, Source: r.Source, List: list}
	}
	return passed, nil
}

func runTest(ctx context.Context, r *recipe.Recipe, env filters.Env, t recipe.Test) *recipe.Mistake {
	fail := func(format string, args ...any) *recipe.Mistake {
		return &recipe.Mistake{Line: t.Line, Column: 5, Width: 4, Message: "test of " + t.Step + ": " + fmt.Sprintf(format, args...)}
	}
	var params any
	var unit filters.Unit
	for i := range r.Steps {
		if r.Steps[i].Label() == t.Step {
			params, unit = r.Steps[i].Params, r.Steps[i].Unit
		}
	}
	if params == nil {
		reg := filters.Lookup(t.Step)
		if reg == nil {
			var names []string
			for _, x := range filters.All() {
				names = append(names, x.Name)
			}
			m := fail("no such step")
			if near := spec.Nearest(t.Step, names); near != "" {
				m.Hint = fmt.Sprintf("did you mean %q?", near)
			}
			return m
		}
		params, unit = reg.Defaults(), reg.Unit
	}
	step, ok := params.(filters.Step)
	if !ok {
		return fail("a survey needs the whole set and cannot be tested on one text")
	}
	if p, ok := params.(filters.Preparer); ok {
		if err := p.Prepare(ctx, env); err != nil {
			return fail("%v", err)
		}
	}
	out, dropped, err := filters.ApplyText(step, unit, params, t.In)
	switch {
	case err != nil:
		return fail("%v", err)
	case t.Dropped != "" && dropped != t.Dropped:
		return fail("should be dropped as %q; %s", t.Dropped, outcome(out, dropped))
	case t.Dropped == "" && dropped != "":
		return fail("%s", outcome(out, dropped))
	case t.Dropped != "":
		return nil
	}
	want := t.In
	if t.Out != nil {
		want = *t.Out
	}
	if out != want {
		return fail("should give %q; %s", want, outcome(out, dropped))
	}
	return nil
}

func outcome(out, dropped string) string {
	if dropped != "" {
		return fmt.Sprintf("it was dropped as %q", dropped)
	}
	return fmt.Sprintf("it gave %q", out)
}
