package pipeline

import (
	"context"
	"iter"

	"winnow/datasets"
	"winnow/filters"
)

// Runner does the work of a plan's stages. All merging is done by the caller in the order of shards or keys, so every runner gives the same bytes.
type Runner interface {
	// N is how many shards are worked on at once.
	N() int
	// MapShards calls work once for each of n shards; calls with the same worker number never overlap.
	MapShards(ctx context.Context, n int, work func(ctx context.Context, worker, shard int) error) error
	// Notes returns a place for the notes that a keyed survey makes of one shard.
	Notes(dir string, shard int) NoteWriter
	// Group brings the notes of all runs in dir together by key and returns what group wrote, sorted by key, row and value.
	Group(ctx context.Context, dir string, runs []string, group func(key uint64, notes []filters.Note, out func(filters.Note)) error) iter.Seq2[filters.Note, error]
}

// NoteWriter takes the notes of one shard.
type NoteWriter interface {
	Add(key uint64, row datasets.Ref, value []byte) error
	// Close returns the names of the files that it wrote.
	Close() ([]string, error)
}

// Progress is told how a run goes on. Its methods are called from several goroutines.
type Progress interface {
	// Begin starts a stage of which total units are to be done; 0 when that is not known.
	Begin(stage string, total int64, unit string)
	// Advance says that n more units are done, and what is worth a word beside the bar.
	Advance(n int64, note string)
	// End closes the stage with a line that stays.
	End(summary string)
}

// Quiet is a Progress that says nothing.
type Quiet struct{}

// Begin does nothing.
func (Quiet) Begin(string, int64, string) {}

// Advance does nothing.
func (Quiet) Advance(int64, string) {}

// End does nothing.
func (Quiet) End(string) {}
