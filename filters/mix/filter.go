package mix

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"winnow/filters"
	"winnow/internal/spec"
)

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "filter", Group: "mix", Short: "keep", Example: `- filter: 'lang == "zh" and quality > 0.5'`,
		Summary: "keeps the rows for which an expression over their columns holds",
		Doc: `The expression sees every column of the row by name, scores that earlier steps gave included, and ` + "`source`, `id`, `text`" + ` (all texts of the row, joined) and
` + "`length`" + ` (its characters). It is compiled once, with types checked, before any row is read. Operators: ` + "`== != < <= > >= and or not in contains startsWith endsWith matches`" + `,
arithmetic, ` + "`? :`" + `, and the functions of the [expr language](https://expr-lang.org/docs/language-definition).

A value that is absent is an empty text, 0 or false.`,
		New: func() any { return new(Filter) },
		Cases: []spec.Case{
			{Params: `{keep: "length > 3"}`, In: "abcd", Out: "="},
			{Params: `{keep: "length > 3"}`, In: "abc", Reason: "expression not met"},
			{Params: `{keep: "text contains '血'"}`, In: "血压", Out: "="},
		},
	}, Unit: filters.Whole})
}

// Filter keeps rows by an expression.
type Filter struct {
	Keep   string `param:"keep" required:"true" doc:"expression that holds for the rows that stay"`
	Reason string `param:"reason" default:"expression not met" doc:"reason that dropped rows are given"`

	columns              []filters.Column
	program              *vm.Program
	usesText, usesLength bool
	env                  map[string]any
	machine              vm.VM
}

// UseColumns compiles the expression against the columns of the rows.
func (f *Filter) UseColumns(columns []filters.Column) error {
	env := map[string]any{"source": "", "id": "", "text": "", "length": 0}
	f.columns = f.columns[:0]
	for _, c := range columns {
		if _, own := env[c.Name]; own {
			continue
		}
		switch c.Kind {
		case filters.Int, filters.Float:
			env[c.Name] = 0.0
		case filters.Bool:
			env[c.Name] = false
		default:
			env[c.Name] = ""
		}
		f.columns = append(f.columns, c)
	}
	program, err := expr.Compile(f.Keep, expr.Env(env), expr.AsBool())
	if err != nil {
		return explain(f.Keep, err, env)
	}
	f.program = program
	names := map[string]bool{}
	node := program.Node()
	ast.Walk(&node, visitor(func(n ast.Node) {
		if id, ok := n.(*ast.IdentifierNode); ok {
			names[id.Value] = true
		}
	}))
	f.usesText, f.usesLength = names["text"], names["length"]
	used := f.columns[:0]
	for _, c := range f.columns {
		if names[c.Name] {
			used = append(used, c)
		}
	}
	f.columns = used
	return nil
}

type visitor func(ast.Node)

// Visit calls the function for a node.
func (v visitor) Visit(n *ast.Node) { v(*n) }

// explain shows where in the expression a mistake stands.
func explain(source string, err error, env map[string]any) error {
	var e *file.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("expression %q: %w", source, err)
	}
	message := fmt.Sprintf("expression %q, character %d: %s", source, e.Column+1, e.Message)
	if name, ok := strings.CutPrefix(e.Message, "unknown name "); ok {
		var names []string
		for n := range env {
			names = append(names, n)
		}
		if near := spec.Nearest(name, names); near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		}
	}
	return errors.New(message)
}

// Fork gives a worker its own machine.
func (f *Filter) Fork() filters.Step {
	out := *f
	out.env = map[string]any{}
	return &out
}

// Apply evaluates the expression.
func (f *Filter) Apply(row *filters.Row) error {
	if f.program == nil { // outside a recipe no columns are known
		if err := f.UseColumns(nil); err != nil {
			return err
		}
	}
	if f.env == nil {
		f.env = map[string]any{}
	}
	f.env["source"], f.env["id"] = row.Source, row.ID
	if f.usesText {
		f.env["text"] = string(row.Text())
	}
	if f.usesLength {
		f.env["length"] = row.Doc().Counts().Runes
	}
	for _, c := range f.columns {
		v := row.Value(c.Name)
		switch c.Kind {
		case filters.Int, filters.Float:
			x, _ := v.Float()
			f.env[c.Name] = x
		case filters.Bool:
			f.env[c.Name] = v.Number != 0
		default:
			f.env[c.Name] = row.String(c.Name)
		}
	}
	out, err := f.machine.Run(f.program, f.env)
	if err != nil {
		return fmt.Errorf("expression %q: %w", f.Keep, err)
	}
	if out != true {
		row.Drop(f.Reason)
	}
	return nil
}
