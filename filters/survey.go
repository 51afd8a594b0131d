package filters

import (
	"iter"

	"winnow/datasets"
)

// A survey comes in one of two forms. Both see the rows as they are after the chain before them; merging is associative and commutative up to the
// order of shards, so that any number of workers, and a cluster, give the same conclusion.

// Tally is a survey whose notes fit in memory: counts, quotas, language models.
type Tally interface {
	// NewTally returns an empty tally: a pointer to a struct that encoding/gob can write (exported fields), one a shard.
	NewTally() any
	// Observe adds a row to a tally. It must not keep any slice of the row.
	Observe(row *Row, tally any)
	// Merge adds from to into. Tallies are merged in the order of their shards.
	Merge(into, from any)
	// Conclude turns the whole set's tally into what happens next.
	Conclude(tally any) (Conclusion, error)
}

// Keyed is a survey whose notes do not fit in memory: they are sorted by key outside memory, and every key's notes come together.
type Keyed interface {
	// Emit writes notes about a row; value is copied.
	Emit(row *Row, emit func(key uint64, value []byte))
	// Group sees all notes of one key in the order of their rows and writes what is to be remembered. It is called by several workers at once, for
	// different keys.
	Group(key uint64, notes []Note, out func(Note)) error
	// Conclude sees what Group wrote, sorted by key, then row, then value.
	Conclude(notes iter.Seq2[Note, error]) (Conclusion, error)
}

// Note is what a keyed survey writes down about a row.
type Note struct {
	Key   uint64
	Row   datasets.Ref
	Value []byte
}

// Conclusion is the result of a survey.
type Conclusion struct {
	// Next is a Step that is applied to every row, or another Tally or Keyed survey (a further round over the same rows), or nil when rows stay as they are.
	Next any
	// Findings are figures for the report and the manifest, written as JSON; nil when there are none. They must not depend on the order of maps.
	Findings any
	Warnings []string
}
