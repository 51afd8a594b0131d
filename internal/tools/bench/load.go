package main

import (
	"context"
	"errors"
	"iter"
	"os"

	"github.com/apache/arrow/go/v17/arrow"

	"winnow/datasets"
	"winnow/filters"
)

type schema = arrow.Schema

// load reads rows until limit bytes of text are there. columns are those that the steps add.
func load(ctx context.Context, file string, limit int64, columns []filters.Column) (*corpus, error) {
	src := datasets.NewSource("bench", file)
	src.Columns = []string{"planted"}
	shards, err := src.Discover(ctx, ".")
	if err != nil {
		return nil, err
	}
	layout, err := src.Sniff(ctx, shards)
	if err != nil {
		return nil, err
	}
	in, err := datasets.NewSchema(layout.Shapes, layout.Extra)
	if err != nil {
		return nil, err
	}
	out, err := filters.OutputSchema(in, columns)
	if err != nil {
		return nil, err
	}
	c := &corpus{schema: out}
	rows := filters.NewRows(out)
	for i, sh := range shards {
		sh.Index = i
		for b, err := range src.Read(ctx, sh, layout, in, datasets.ReadOptions{BatchBytes: 1 << 20}) {
			if err != nil {
				return nil, err
			}
			if c.bytes >= limit {
				return c, nil
			}
			c.batches = append(c.batches, b)
			rows.Load(b)
			for k := range b.Refs {
				c.bytes += int64(len(rows.At(b, k).Text()))
				c.rows++
			}
		}
	}
	return c, nil
}

// env is a recipe's surroundings: seed 1, English and Chinese, no files.
type env struct{}

func (env) Seed() uint64                         { return 1 }
func (env) Languages() []string                  { return []string{"en", "zh"} }
func (env) Resolve(path string) string           { return path }
func (env) ReadFile(path string) ([]byte, error) { return os.ReadFile(path) }
func (env) Warn(string, ...any)                  {}
func (env) Rows(context.Context, string) iter.Seq2[*filters.Row, error] {
	return func(yield func(*filters.Row, error) bool) { yield(nil, errors.New("no rows")) }
}
