package local

import (
	"bytes"
	"cmp"
	"container/heap"
	"fmt"
	"iter"
	"path/filepath"
	"slices"

	"winnow/datasets"
	"winnow/filters"
)

// noteOverhead is what a note weighs in memory besides its value.
const noteOverhead = 48

// noteWriter sorts notes in memory and writes a sorted run to disk whenever its budget is used up. Runs are named PREFIX-0.run, PREFIX-1.run, …
type noteWriter struct {
	prefix string
	budget int64
	notes  []filters.Note
	arena  []byte
	bytes  int64
	runs   []string
}

// add copies a note.
func (w *noteWriter) add(key uint64, row datasets.Ref, value []byte) error {
	if len(w.arena)+len(value) > cap(w.arena) {
		w.arena = make([]byte, 0, max(1<<16, len(value)))
	}
	start := len(w.arena)
	w.arena = append(w.arena, value...)
	w.notes = append(w.notes, filters.Note{Key: key, Row: row, Value: w.arena[start:len(w.arena):len(w.arena)]})
	w.bytes += int64(len(value)) + noteOverhead
	if w.bytes >= w.budget {
		return w.flush()
	}
	return nil
}

func compareNotes(a, b filters.Note) int {
	if c := cmp.Compare(a.Key, b.Key); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Row, b.Row); c != 0 {
		return c
	}
	return bytes.Compare(a.Value, b.Value)
}

// flush writes what is in memory as one sorted run.
func (w *noteWriter) flush() error {
	if len(w.notes) == 0 {
		return nil
	}
	slices.SortFunc(w.notes, compareNotes)
	path := fmt.Sprintf("%s-%d.run", w.prefix, len(w.runs))
	if err := writeRun(path, w.notes); err != nil {
		return err
	}
	w.runs = append(w.runs, filepath.Base(path))
	w.notes, w.arena, w.bytes = w.notes[:0], nil, 0
	return nil
}

type mergeHeap []*noteReader

func (h mergeHeap) Len() int           { return len(h) }
func (h mergeHeap) Less(i, j int) bool { return compareNotes(h[i].next, h[j].next) < 0 }
func (h mergeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *mergeHeap) Push(x any)        { *h = append(*h, x.(*noteReader)) }
func (h *mergeHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// merge yields the notes of one partition of several runs (all partitions when p < 0), sorted.
func merge(runs []string, p int) iter.Seq2[filters.Note, error] {
	return func(yield func(filters.Note, error) bool) {
		var h mergeHeap
		defer func() {
			for _, r := range h {
				r.close()
			}
		}()
		for _, path := range runs {
			r, err := openRun(path, p)
			if err != nil {
				yield(filters.Note{}, err)
				return
			}
			if r != nil {
				h = append(h, r)
			}
		}
		heap.Init(&h)
		for len(h) > 0 {
			r := h[0]
			if !yield(r.next, nil) {
				return
			}
			ok, err := r.advance()
			if err != nil {
				yield(filters.Note{}, err)
				return
			}
			if ok {
				heap.Fix(&h, 0)
			} else {
				r.close()
				heap.Pop(&h)
			}
		}
	}
}
