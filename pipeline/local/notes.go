package local

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"winnow/datasets"
	"winnow/filters"
	"winnow/internal/atomicfile"
)

// partitions is how many ranges of keys a run of notes is cut into, so that several workers can group at once. It is fixed, for bytes must not depend on workers.
const partitions = 32

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

func partitionOf(key uint64) int { return int(key >> (64 - 5)) }

// flush writes what is in memory as one sorted run: a table of partition offsets, then records of key, row, length, value.
func (w *noteWriter) flush() error {
	if len(w.notes) == 0 {
		return nil
	}
	slices.SortFunc(w.notes, compareNotes)
	path := fmt.Sprintf("%s-%d.run", w.prefix, len(w.runs))
	var offsets [partitions + 1]uint64
	pos := uint64(8 * (partitions + 1))
	part := 0
	for _, n := range w.notes {
		for part <= partitionOf(n.Key) {
			offsets[part] = pos
			part++
		}
		pos += uint64(recordSize(n))
	}
	for ; part <= partitions; part++ {
		offsets[part] = pos
	}
	err := atomicfile.Stream(path, func(f io.Writer) error {
		out := bufio.NewWriterSize(f, 1<<18)
		var head [8]byte
		for _, o := range offsets {
			binary.LittleEndian.PutUint64(head[:], o)
			if _, err := out.Write(head[:]); err != nil {
				return err
			}
		}
		var buf []byte
		for _, n := range w.notes {
			buf = binary.LittleEndian.AppendUint64(buf[:0], n.Key)
			buf = binary.LittleEndian.AppendUint64(buf, uint64(n.Row))
			buf = binary.AppendUvarint(buf, uint64(len(n.Value)))
			buf = append(buf, n.Value...)
			if _, err := out.Write(buf); err != nil {
				return err
			}
		}
		return out.Flush()
	})
	if err != nil {
		return err
	}
	w.runs = append(w.runs, filepath.Base(path))
	w.notes, w.arena, w.bytes = w.notes[:0], nil, 0
	return nil
}

func recordSize(n filters.Note) int {
	var b [binary.MaxVarintLen64]byte
	return 16 + binary.PutUvarint(b[:], uint64(len(n.Value))) + len(n.Value)
}

// noteReader reads one partition of one run, or the whole run.
type noteReader struct {
	f    *os.File
	in   *bufio.Reader
	next filters.Note
	path string
}

// openRun opens partition p of a run; p < 0 opens all of it. A nil reader means that there is nothing.
func openRun(path string, p int) (*noteReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var table [8 * (partitions + 1)]byte
	if _, err := io.ReadFull(f, table[:]); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: damaged file of notes: %w; delete the run's work folder and run again", path, err)
	}
	lo, hi := binary.LittleEndian.Uint64(table[:]), binary.LittleEndian.Uint64(table[8*partitions:])
	if p >= 0 {
		lo, hi = binary.LittleEndian.Uint64(table[8*p:]), binary.LittleEndian.Uint64(table[8*p+8:])
	}
	r := &noteReader{f: f, path: path, in: bufio.NewReaderSize(io.NewSectionReader(f, int64(lo), int64(hi-lo)), 1<<16)}
	ok, err := r.advance()
	if err != nil || !ok {
		_ = f.Close()
		return nil, err
	}
	return r, nil
}

func (r *noteReader) advance() (bool, error) {
	var head [16]byte
	if _, err := io.ReadFull(r.in, head[:]); err == io.EOF {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("%s: damaged file of notes: %w; delete the run's work folder and run again", r.path, err)
	}
	n, err := binary.ReadUvarint(r.in)
	if err != nil || n > 1<<31 {
		return false, fmt.Errorf("%s: damaged file of notes; delete the run's work folder and run again", r.path)
	}
	value := make([]byte, n)
	if _, err := io.ReadFull(r.in, value); err != nil {
		return false, fmt.Errorf("%s: damaged file of notes: %w; delete the run's work folder and run again", r.path, err)
	}
	r.next = filters.Note{Key: binary.LittleEndian.Uint64(head[:]), Row: datasets.Ref(binary.LittleEndian.Uint64(head[8:])), Value: value}
	return true, nil
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
				_ = r.f.Close()
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
				_ = r.f.Close()
				heap.Pop(&h)
			}
		}
	}
}
