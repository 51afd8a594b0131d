// Package local runs a plan on one machine: shards by goroutines, keyed surveys by a sort outside memory. It is one implementation of the three verbs
// that pipeline asks of a runner: MapShards, Notes and Group. (A conclusion needs no broadcast here: workers share memory.)
package local

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sort"

	"golang.org/x/sync/errgroup"

	"winnow/datasets"
	"winnow/filters"
	"winnow/pipeline"
)

// Runner runs on this machine. The zero value uses every core and 512 MiB for surveys.
type Runner struct {
	Workers int   // goroutines that work on shards; 0: one a core
	Budget  int64 // bytes of notes in memory before they go to disk; 0: 512 MiB
}

// N returns the number of workers.
func (r Runner) N() int {
	if r.Workers > 0 {
		return r.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (r Runner) budget() int64 {
	if r.Budget > 0 {
		return r.Budget
	}
	return 512 << 20
}

// MapShards calls work once for each of n shards, by several workers at once. The first error stops the others; a panic of a worker is an error.
func (r Runner) MapShards(ctx context.Context, n int, work func(ctx context.Context, worker, shard int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	next := make(chan int)
	g.Go(func() error {
		defer close(next)
		for i := range n {
			select {
			case next <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for w := range min(r.N(), max(n, 1)) {
		g.Go(func() error {
			for i := range next {
				if err := guarded(func() error { return work(ctx, w, i) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func guarded(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a fault in winnow: %v; please report it with the recipe\n%s", p, debug.Stack())
		}
	}()
	return f()
}

// Notes returns a place for the notes of one shard: they go to dir, sorted, in as many runs as the budget asks for.
func (r Runner) Notes(dir string, shard int) pipeline.NoteWriter {
	return &shardNotes{noteWriter{prefix: filepath.Join(dir, fmt.Sprintf("%05d", shard)), budget: max(1<<20, r.budget()/int64(2*r.N()))}}
}

type shardNotes struct{ w noteWriter }

func (s *shardNotes) Add(key uint64, row datasets.Ref, value []byte) error {
	return s.w.add(key, row, value)
}

// Close writes what is left and returns the names of the runs.
func (s *shardNotes) Close() ([]string, error) {
	err := s.w.flush()
	return s.w.runs, err
}

// Group brings the notes of all runs together by key, calls group for each, and returns what group wrote, sorted. Intermediate runs go to dir/grouped.
func (r Runner) Group(ctx context.Context, dir string, runs []string, group func(key uint64, notes []filters.Note, out func(filters.Note)) error) iter.Seq2[filters.Note, error] {
	paths := make([]string, len(runs))
	for i, name := range runs {
		paths[i] = filepath.Join(dir, name)
	}
	sort.Strings(paths)
	grouped := filepath.Join(dir, "grouped")
	out := make([][]string, partitions)
	err := os.RemoveAll(grouped)
	if err == nil {
		err = r.MapShards(ctx, partitions, func(ctx context.Context, _, p int) error {
			w := noteWriter{prefix: filepath.Join(grouped, fmt.Sprintf("%02d", p)), budget: max(1<<20, r.budget()/int64(2*r.N()))}
			if err := r.groupPartition(ctx, paths, p, group, &w); err != nil {
				return err
			}
			for _, run := range w.runs {
				out[p] = append(out[p], filepath.Join(grouped, run))
			}
			return nil
		})
	}
	if err != nil {
		return func(yield func(filters.Note, error) bool) { yield(filters.Note{}, err) }
	}
	var all []string
	for _, o := range out {
		all = append(all, o...)
	}
	return merge(all, -1)
}

func (r Runner) groupPartition(ctx context.Context, paths []string, p int, group func(uint64, []filters.Note, func(filters.Note)) error, w *noteWriter) error {
	var same []filters.Note
	var writeErr error
	emit := func(n filters.Note) {
		if writeErr == nil {
			writeErr = w.add(n.Key, n.Row, n.Value)
		}
	}
	close := func() error {
		if len(same) == 0 {
			return nil
		}
		err := group(same[0].Key, same, emit)
		same = same[:0]
		if err == nil {
			err = writeErr
		}
		return err
	}
	for n, err := range merge(paths, p) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(same) > 0 && same[0].Key != n.Key {
			if err := close(); err != nil {
				return err
			}
		}
		same = append(same, n)
	}
	if err := close(); err != nil {
		return err
	}
	return w.flush()
}
