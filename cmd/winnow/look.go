package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"winnow/filters"
	"winnow/internal/atomicfile"
	"winnow/pipeline"
)

// lookFlags say which rows are shown.
type lookFlags struct {
	dropped bool
	step    string
	split   string
	near    bool
	random  int
	limit   int
	where   []string
	tokens  bool
	reasons bool
	width   int
	seed    uint64
}

func newLook(g *globals) *cobra.Command {
	f := &lookFlags{}
	c := &cobra.Command{
		Use:   "look RUN_OR_FILE",
		Short: "Show rows: of a run's data set, of what it dropped and why, or of any readable file",
		Long: `Show rows of a run folder or of any file that winnow can read.

  winnow look runs/demo --random 5                    five rows of the data set
  winnow look runs/demo --dropped --step quality      what quality dropped, with reasons
  winnow look runs/demo --step quality --near-threshold
  winnow look runs/demo --where lang=zh --where 'lang_score<0.7' --limit 3
  winnow look runs/demo --dropped --reasons           how many rows went by step and reason
  winnow look runs/demo --tokens                      samples as the model sees them: [brackets] or colour mark what carries loss
  winnow look data.parquet --json | jq .`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return look(cmd.Context(), g, f, args[0]) },
	}
	fl := c.Flags()
	fl.BoolVar(&f.dropped, "dropped", false, "rows that were dropped, with step and reason")
	fl.StringVar(&f.step, "step", "", "only what this step dropped or, with --near-threshold, scored")
	fl.StringVar(&f.split, "split", "", "only this split: train, validation, test")
	fl.BoolVar(&f.near, "near-threshold", false, "rows whose score lies closest to a step's threshold")
	fl.IntVar(&f.random, "random", 0, "so many rows drawn at random (the same for the same --seed)")
	fl.IntVar(&f.limit, "limit", 10, "most rows to show; 0: all")
	fl.StringArrayVar(&f.where, "where", nil, "only rows that meet a condition: lang=zh, lang!=zh, lang_score<0.6, text~REGEXP, text!~REGEXP; with several, those that meet all")
	fl.BoolVar(&f.tokens, "tokens", false, "packed samples token by token")
	fl.BoolVar(&f.reasons, "reasons", false, "instead of rows, how many were dropped by each step for each reason")
	fl.IntVar(&f.width, "width", 600, "characters of each text; 0: all")
	fl.Uint64Var(&f.seed, "seed", 7, "of --random")
	return c
}

func look(ctx context.Context, g *globals, f *lookFlags, path string) error {
	if f.reasons {
		return lookReasons(g, f, path)
	}
	if f.step != "" {
		f.dropped = f.dropped || !f.near
	}
	if f.tokens {
		return pipeline.LookTokens(path, f.split, f.random, f.limit, f.seed, g.color(), printText)
	}
	if f.near {
		return lookNear(g, f, path)
	}
	files := []string{path}
	if pipeline.IsRun(path) {
		var err error
		if files, err = pipeline.RunFiles(path, f.split, f.dropped, f.step); err != nil {
			return err
		}
	} else if f.dropped {
		return usageError{notARun(path)}
	}
	conditions, err := parseConditions(f.where)
	if err != nil {
		return usageError{err}
	}
	shown := shownRows{g: g, f: f}
	n := 0
	for row, err := range pipeline.Rows(ctx, ".", files...) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if ok, err := matches(row, conditions); err != nil {
			return usageError{err}
		} else if !ok {
			continue
		}
		n++
		if f.random > 0 {
			shown.keep(row)
			continue
		}
		if f.limit > 0 && n > f.limit {
			break
		}
		if err := shown.print(record(row)); err != nil {
			return err
		}
	}
	if n == 0 && !g.quiet {
		return fmt.Errorf("no row of %s matches", path)
	}
	return shown.drawn()
}

func printText(s string) { fmt.Print(s) }

// rowRecord is a row as it is shown and as --json writes it.
type rowRecord struct {
	ID     string         `json:"id"`
	Source string         `json:"source,omitempty"`
	Shape  string         `json:"shape"`
	Texts  []textRecord   `json:"texts"`
	Values map[string]any `json:"values,omitempty"`
	hash   uint64
}

type textRecord struct {
	Role string `json:"role"`
	Text string `json:"text"`
}

func record(row *filters.Row) rowRecord {
	out := rowRecord{ID: row.ID, Source: row.Source, Shape: string(row.Shape), Values: map[string]any{}}
	for _, p := range row.Pieces() {
		out.Texts = append(out.Texts, textRecord{p.Role, string(p.Text)})
	}
	for _, name := range row.Names() {
		if v := row.Value(name).Any(); v != nil {
			out.Values[name] = v
		}
	}
	return out
}

// shownRows prints rows, or keeps the ones with the smallest hashes for --random.
type shownRows struct {
	g    *globals
	f    *lookFlags
	kept []rowRecord
}

func (s *shownRows) keep(row *filters.Row) {
	h := row.Hash(s.f.seed, "look")
	if len(s.kept) == s.f.random && h >= s.kept[len(s.kept)-1].hash {
		return
	}
	r := record(row)
	r.hash = h
	s.kept = append(s.kept, r)
	sort.SliceStable(s.kept, func(i, j int) bool { return s.kept[i].hash < s.kept[j].hash })
	s.kept = s.kept[:min(len(s.kept), s.f.random)]
}

func (s *shownRows) drawn() error {
	for _, r := range s.kept {
		if err := s.print(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *shownRows) print(r rowRecord) error {
	if s.g.json {
		return printJSON(r)
	}
	bold, dim, plain := "", "", ""
	if s.g.color() {
		bold, dim, plain = "\x1b[1m", "\x1b[2m", "\x1b[0m"
	}
	head := []string{bold + r.ID + plain}
	if r.Source != "" {
		head = append(head, r.Source)
	}
	var names []string
	for name := range r.Values {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		head = append(head, fmt.Sprintf("%s=%v", name, short(r.Values[name])))
	}
	fmt.Println("── " + strings.Join(head, dim+" · "+plain))
	for _, t := range r.Texts {
		text := []rune(t.Text)
		more := ""
		if s.f.width > 0 && len(text) > s.f.width {
			text, more = text[:s.f.width], fmt.Sprintf("%s … %d more characters%s", dim, len(text)-s.f.width, plain)
		}
		if t.Role != "text" {
			fmt.Print(dim + t.Role + ": " + plain)
		}
		fmt.Println(string(text) + more)
	}
	fmt.Println()
	return nil
}

func short(v any) any {
	switch x := v.(type) {
	case string:
		if r := []rune(x); len(r) > 60 {
			return string(r[:60]) + "…"
		}
	case float64:
		return math.Round(x*1e4) / 1e4
	}
	return v
}

func notARun(path string) error {
	return fmt.Errorf("%s is not a run folder, so nothing was dropped there", path)
}

// lookReasons counts what was dropped, by the ledger.
func lookReasons(g *globals, f *lookFlags, path string) error {
	if !pipeline.IsRun(path) {
		return usageError{notARun(path)}
	}
	ledger := &pipeline.Ledger{}
	if err := atomicfile.ReadJSON(filepath.Join(path, pipeline.LedgerFile), ledger); err != nil {
		return fmt.Errorf("%w; --reasons needs a finished run", err)
	}
	n := 0
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, s := range ledger.Steps {
		if f.step != "" && s.Label != f.step {
			continue
		}
		reasons := slices.Sorted(maps.Keys(s.Dropped))
		slices.SortStableFunc(reasons, func(a, b string) int { return cmp.Compare(s.Dropped[b], s.Dropped[a]) })
		for _, reason := range reasons {
			n++
			if g.json {
				if err := printJSON(map[string]any{"step": s.Label, "reason": reason, "rows": s.Dropped[reason], "in": s.In}); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(w, "%d\t%.2f %%\t%s\t%s\n", s.Dropped[reason], 100*float64(s.Dropped[reason])/float64(max(s.In, 1)), s.Label, reason)
		}
	}
	if n == 0 && !g.quiet {
		return fmt.Errorf("no step of %s dropped a row", path)
	}
	return w.Flush()
}

// lookNear shows the rows that the ledger keeps of those closest to a threshold.
func lookNear(g *globals, f *lookFlags, path string) error {
	ledger := &pipeline.Ledger{}
	if err := atomicfile.ReadJSON(path+"/"+pipeline.LedgerFile, ledger); err != nil {
		return fmt.Errorf("%w; --near-threshold needs a finished run", err)
	}
	n := 0
	for _, s := range ledger.Steps {
		if f.step != "" && s.Label != f.step {
			continue
		}
		for _, e := range s.Near {
			n++
			if g.json {
				if err := printJSON(e); err != nil {
					return err
				}
				continue
			}
			word := "dropped"
			if e.Kept {
				word = "kept"
			}
			fmt.Printf("── %s %s · %s %.4f · %s · %s\n%s\n\n", s.Label, word, e.Score, e.Value, e.Lang, e.ID, e.Text)
		}
	}
	if n == 0 {
		return fmt.Errorf("no step of this run holds a score against a threshold; `winnow look %s --dropped` shows what was dropped", path)
	}
	return nil
}
