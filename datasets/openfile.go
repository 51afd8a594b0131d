package datasets

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v17/arrow"
)

// Opened is a file, a pattern or a folder that is read outside of a recipe.
type Opened struct {
	Source *Source
	Shards []Shard
	Layout Layout
	Schema *arrow.Schema
}

// OpenFile finds out how to read path: a file, a pattern, a folder, or a run folder, whose data/ is taken. It reads anything: where no column is known to
// hold content, all columns are extra columns, and a column `source` is the rows' source. The result's Read delivers the rows.
func OpenFile(ctx context.Context, path string) (*Opened, error) {
	return OpenSource(ctx, NewSource(filepath.Base(path), path), ".")
}

// OpenSource is OpenFile for a source with parameters of its own; relative paths start at base.
func OpenSource(ctx context.Context, s *Source, base string) (*Opened, error) {
	if errs := s.Check(); len(errs) > 0 {
		return nil, errs[0]
	}
	s.loose = true
	for i, p := range s.Path {
		s.Path[i] = dataOfRun(p, base)
	}
	shards, err := s.Discover(ctx, base)
	if err != nil {
		return nil, err
	}
	for i := range shards {
		shards[i].Index = i
	}
	layout, err := s.Sniff(ctx, shards)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path[0], err)
	}
	schema, err := NewSchema(layout.Shapes, layout.Extra)
	if err != nil {
		return nil, err
	}
	return &Opened{Source: s, Shards: shards, Layout: layout, Schema: schema}, nil
}

// dataOfRun returns the folder of the finished rows when path is a run folder, else path.
func dataOfRun(path, base string) string {
	full := path
	if !filepath.IsAbs(full) {
		full = filepath.Join(base, full)
	}
	if _, err := os.Stat(filepath.Join(full, "manifest.json")); err != nil {
		return path
	}
	if info, err := os.Stat(filepath.Join(full, "data")); err == nil && info.IsDir() {
		return filepath.Join(path, "data")
	}
	return path
}

// Read delivers all rows in order. Batches belong to the receiver.
func (o *Opened) Read(ctx context.Context, opt ReadOptions) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		for _, shard := range o.Shards {
			for b, err := range o.Source.Read(ctx, shard, o.Layout, o.Schema, opt) {
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
}
