// Package pipeline turns a recipe into a plan and a plan into a run: chains of steps over shards, surveys between them, then data set, tokens, training,
// evaluation. Start with NewPlan and Run; stage.go shows how one stage goes through its rows, ledger.go how rows are accounted for.
package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/spec"
	"winnow/internal/version"
	"winnow/pipeline/recipe"
)

// Plan is a recipe bound to its inputs.
type Plan struct {
	Recipe   *recipe.Recipe
	Sources  []PlannedSource
	Shards   []datasets.Shard // of all sources, in order
	Schema   *arrow.Schema    // of rows as read
	Stages   []*Stage
	Sample   float64 // share of rows that is read; 1 for all
	Warnings []string
	env      *environment
	inputs   []string // name and digest of each input file
}

// PlannedSource is a source with what was found of it.
type PlannedSource struct {
	Source *datasets.Source
	Layout datasets.Layout
	Shards []datasets.Shard
	Files  int
	Bytes  int64
}

// Stage is one pass over all rows: the conclusion of the survey before, a chain of steps, and the survey that ends it.
type Stage struct {
	Index  int
	After  *recipe.Step // survey whose conclusion comes first; nil in the first stage
	Steps  []*recipe.Step
	Survey *recipe.Step // nil in the last stage
	In     *arrow.Schema
	Out    *arrow.Schema
	Digest string // of everything that the stage's output depends on
}

// Name lists the stage's steps.
func (s *Stage) Name() string {
	var names []string
	if s.After != nil {
		names = append(names, s.After.Label()+" (applied)")
	}
	for _, k := range s.Steps {
		names = append(names, k.Label())
	}
	if s.Survey != nil {
		names = append(names, s.Survey.Label()+" (survey)")
	}
	return strings.Join(names, " → ")
}

// IsSurvey reports whether a step must see the whole set before it acts.
func IsSurvey(params any) bool {
	switch params.(type) {
	case filters.Tally, filters.Keyed:
		return true
	}
	return false
}

// NewPlan finds the inputs, prepares the steps and cuts the recipe into stages. sample is the share of rows to read, 1 for all.
func NewPlan(ctx context.Context, r *recipe.Recipe, sample float64) (*Plan, error) {
	p := &Plan{Recipe: r, Sample: sample, env: newEnvironment(r)}
	if err := p.findSources(ctx); err != nil {
		return nil, err
	}
	if err := p.cutStages(); err != nil {
		return nil, err
	}
	if err := prepare(ctx, r, p.env, p.columnsBefore); err != nil {
		return nil, err
	}
	if err := p.digest(); err != nil {
		return nil, err
	}
	p.advise()
	return p, nil
}

func (p *Plan) findSources(ctx context.Context) error {
	var shapes []datasets.Shape
	var extra []arrow.Field
	var errs []error
	for _, s := range p.Recipe.Sources {
		shards, err := s.Discover(ctx, p.Recipe.Dir)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		layout, err := s.Sniff(ctx, shards)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, n := range layout.Notes {
			p.Warnings = append(p.Warnings, "source "+s.Name+": "+n)
		}
		src := PlannedSource{Source: s, Layout: layout}
		for i := range shards {
			shards[i].Index = len(p.Shards)
			p.Shards = append(p.Shards, shards[i])
		}
		src.Shards = shards
		for _, f := range filesOf(shards) {
			src.Files++
			src.Bytes += f.Bytes
		}
		p.Sources = append(p.Sources, src)
		shapes = append(shapes, layout.Shapes...)
		extra = p.addExtra(extra, layout.Extra, s.Name)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if len(p.Shards) > datasets.MaxShards {
		return fmt.Errorf("the sources have %d shards; at most %d are possible: read larger files", len(p.Shards), datasets.MaxShards)
	}
	schema, err := datasets.NewSchema(shapes, extra)
	if err != nil {
		return err
	}
	p.Schema = schema
	return nil
}

// addExtra unites the extra columns of the sources. Of one name with two types all become strings.
func (p *Plan) addExtra(have, more []arrow.Field, source string) []arrow.Field {
next:
	for _, f := range more {
		for i := range have {
			if have[i].Name != f.Name {
				continue
			}
			if have[i].Type.ID() != f.Type.ID() {
				if have[i].Type.ID() != arrow.STRING {
					p.Warnings = append(p.Warnings, fmt.Sprintf("column %q is %s in one source and %s in %s: kept as text", f.Name, have[i].Type, f.Type, source))
				}
				have[i].Type = arrow.BinaryTypes.String
			}
			continue next
		}
		have = append(have, f)
	}
	return have
}

func (p *Plan) cutStages() error {
	in := p.Schema
	stage := &Stage{In: in}
	schema := in
	add := func(s *recipe.Step) error {
		c, ok := s.Params.(filters.Columner)
		if !ok {
			return nil
		}
		next, err := filters.OutputSchema(schema, c.Columns())
		if err != nil {
			return fmt.Errorf("step %s (line %d): %w", s.Label(), s.Line, err)
		}
		schema = next
		return nil
	}
	for i := range p.Recipe.Steps {
		s := &p.Recipe.Steps[i]
		if !IsSurvey(s.Params) {
			stage.Steps = append(stage.Steps, s)
			if err := add(s); err != nil {
				return err
			}
			continue
		}
		stage.Survey, stage.Out = s, schema
		p.Stages = append(p.Stages, stage)
		stage = &Stage{Index: len(p.Stages), After: s, In: schema}
		if err := add(s); err != nil {
			return err
		}
	}
	stage.Out = schema
	p.Stages = append(p.Stages, stage)
	if len(p.Stages) > maxStages {
		return fmt.Errorf("the recipe has %d surveys; at most %d are possible", len(p.Stages)-1, maxStages-1)
	}
	return nil
}

// columnsBefore lists the columns that a step finds on its rows, by name and kind.
func (p *Plan) columnsBefore(step *recipe.Step) []filters.Column {
	schema := p.Schema
	for i := range p.Recipe.Steps {
		s := &p.Recipe.Steps[i]
		if s == step {
			break
		}
		if c, ok := s.Params.(filters.Columner); ok {
			if next, err := filters.OutputSchema(schema, c.Columns()); err == nil {
				schema = next
			}
		}
	}
	return filters.ColumnsOf(schema)
}

// prepare lets every step read its files; all errors are returned together, each with its line.
func prepare(ctx context.Context, r *recipe.Recipe, env filters.Env, columns func(*recipe.Step) []filters.Column) error {
	var list []recipe.Mistake
	for i := range r.Steps {
		s := &r.Steps[i]
		if c, ok := s.Params.(filters.ColumnUser); ok && columns != nil {
			if err := c.UseColumns(columns(s)); err != nil {
				list = append(list, recipe.Mistake{Line: s.Line, Column: 5, Width: len(s.Name), Message: s.Label() + ": " + err.Error()})
				continue
			}
		}
		if c, ok := s.Params.(filters.Preparer); ok {
			if err := c.Prepare(ctx, env); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				list = append(list, recipe.Mistake{Line: s.Line, Column: 5, Width: len(s.Name), Message: s.Label() + ": " + err.Error()})
			}
		}
	}
	if len(list) > 0 {
		return &recipe.Mistakes{File: r.Path, Source: r.Source, List: list}
	}
	return nil
}

// digest gives each stage a digest of all that its output depends on: the inputs, the steps up to it, and the version of winnow.
func (p *Plan) digest() error {
	for _, f := range filesOf(p.Shards) {
		d, err := datasets.Digest(f)
		if err != nil {
			return err
		}
		p.inputs = append(p.inputs, f.Name+" "+d)
	}
	h := sha256.New()
	enc := json.NewEncoder(h)
	var layouts []string
	for _, s := range p.Sources {
		layouts = append(layouts, fmt.Sprintf("%+v %v %v %v %v", s.Layout.Mapping, s.Layout.Shapes, s.Layout.Extra, s.Layout.Untyped, s.Layout.Format))
	}
	if err := enc.Encode([]any{version.String(), p.Recipe.Seed, p.Recipe.Languages, p.Sample, p.inputs, p.env.inputs(), p.Recipe.Sources, layouts, p.Schema.String()}); err != nil {
		return err
	}
	for _, s := range p.Stages {
		var steps []*recipe.Step
		if s.After != nil {
			steps = append(steps, s.After)
		}
		steps = append(steps, s.Steps...)
		if s.Survey != nil {
			steps = append(steps, s.Survey)
		}
		for _, k := range steps {
			if err := enc.Encode([]any{k.Name, k.Label(), k.Only, parameters(k.Params)}); err != nil {
				return fmt.Errorf("step %s: %w", k.Label(), err)
			}
		}
		s.Digest = hex.EncodeToString(h.Sum(nil))
	}
	return nil
}

// parameters lists the values of a step's parameters by name, in the order of the struct.
func parameters(ptr any) []any {
	var out []any
	for _, p := range spec.ParamsOf(ptr) {
		out = append(out, p.Name, spec.Field(ptr, p))
	}
	return out
}

// advise adds warnings about recipes that are allowed but seldom meant.
func (p *Plan) advise() {
	split := false
	for _, s := range p.Recipe.Steps {
		split = split || s.Name == "split"
	}
	if p.Recipe.Train != nil && !split {
		p.Warnings = append(p.Warnings, "no step `split` keeps rows apart: held-out figures cannot be measured on this run's own data; add `- split: {validation: 0.02}`")
	}
}
