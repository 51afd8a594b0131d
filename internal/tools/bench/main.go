// Command bench times winnow's steps on a file of rows held in memory, on one core, in the terms of the peers' scripts: CPU seconds and MB of text a second.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	"winnow/datasets"
	"winnow/filters"
	_ "winnow/filters/all"
)

func main() {
	file := flag.String("file", "", "file of rows in any readable format")
	lang := flag.String("lang", "en", "language, for the output")
	mb := flag.Float64("mb", 8, "MB of text to take")
	runs := flag.Int("runs", 3, "runs of each; the best counts")
	chain := flag.String("chain", "unicode,lines,language,quality,repetition,pii,harm", "steps, in order")
	survey := flag.String("survey", "dedup", "keyed survey whose notes are timed; empty for none")
	profile := flag.String("profile", "", "file for a CPU profile of the whole chain's runs")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	if err := bench(*file, *lang, *mb, *runs, strings.Split(*chain, ","), *survey, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// corpus is rows in memory.
type corpus struct {
	schema  *schema
	batches []datasets.Batch
	bytes   int64
	rows    int
}

func bench(file, lang string, mb float64, runs int, names []string, survey, profile string) error {
	ctx := context.Background()
	var links []link
	var columns []filters.Column
	for _, n := range names {
		r := filters.Lookup(n)
		if r == nil {
			return fmt.Errorf("no step %q", n)
		}
		params := r.Defaults()
		if p, ok := params.(filters.Preparer); ok {
			if err := p.Prepare(ctx, env{}); err != nil {
				return fmt.Errorf("%s: %w", n, err)
			}
		}
		if c, ok := params.(filters.Columner); ok {
			columns = append(columns, c.Columns()...)
		}
		step := params.(filters.Step)
		if f, ok := params.(filters.Forker); ok {
			step = f.Fork()
		}
		links = append(links, link{n, step, r.Unit})
	}
	c, err := load(ctx, file, int64(mb*1e6), columns)
	if err != nil {
		return err
	}
	for i := range links {
		if err := c.report(lang, links[i].name, runs, links[i:i+1]); err != nil {
			return err
		}
	}
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
	}
	err = c.report(lang, "chain", runs, links)
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	if survey != "" {
		return c.survey(ctx, lang, survey, runs)
	}
	return nil
}

type link struct {
	name string
	step filters.Step
	unit filters.Unit
}

// report times links over the corpus.
func (c *corpus) report(lang, name string, runs int, links []link) error {
	best := time.Duration(1 << 62)
	kept := 0
	for range runs {
		runtime.GC()
		begin := cpu()
		kept = 0
		err := c.each(func(row *filters.Row) error {
			for _, l := range links {
				if _, err := filters.Apply(l.step, l.unit, row); err != nil {
					return err
				}
				if row.Dropped() != "" {
					return nil
				}
			}
			kept++
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		best = min(best, cpu()-begin)
	}
	return c.print(lang, name, best, kept)
}

// survey times the notes of a keyed survey.
func (c *corpus) survey(ctx context.Context, lang, name string, runs int) error {
	params := filters.Lookup(name).Defaults()
	if p, ok := params.(filters.Preparer); ok {
		if err := p.Prepare(ctx, env{}); err != nil {
			return err
		}
	}
	keyed, ok := params.(filters.Keyed)
	if !ok {
		return fmt.Errorf("%s is not a keyed survey", name)
	}
	best := time.Duration(1 << 62)
	for range runs {
		begin := cpu()
		err := c.each(func(row *filters.Row) error {
			filters.Look(row)
			keyed.Emit(row, func(uint64, []byte) {})
			return nil
		})
		if err != nil {
			return err
		}
		best = min(best, cpu()-begin)
	}
	return c.print(lang, name+" signatures from text", best, c.rows)
}

func (c *corpus) print(lang, name string, took time.Duration, kept int) error {
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"tool": "winnow", "lang": lang, "step": name, "cpu_s": round(took.Seconds()), "mb_s": round(float64(c.bytes) / 1e6 / took.Seconds()), "rows": c.rows, "kept": kept, "rss_mb": rss()})
}

func (c *corpus) each(visit func(*filters.Row) error) error {
	rows := filters.NewRows(c.schema)
	for _, b := range c.batches {
		rows.Load(b)
		for i := range b.Refs {
			if err := visit(rows.At(b, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func round(x float64) float64 { return float64(int64(x*1000+.5)) / 1000 }

// cpu is the processor time of the process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func rss() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return int64(u.Maxrss) >> 10
}
