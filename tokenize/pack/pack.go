// Package pack lays tokenized samples into rows of fixed length and keeps them as token shards that say which rows of the data set they came from.
//
// The way of a row: Codec (codec.go, guard.go) turns it into tokens with labels, Packer (this file) finds it a place, Writer (write.go) puts packed
// rows into Arrow files, Shards (read.go, over arrowfile.go) reads them back, verified. Build (build.go) is the whole way at once; Look (look.go)
// shows a row as the model sees it; export.go writes the files of other trainers.
package pack

import (
	"encoding/binary"
	"math"
	"slices"
	"sort"
	"strconv"
)

// DefaultWindow is the number of samples among which the best fit is looked for. Packing all of 50,000 chat rows at once fills 99.99 % of the places,
// windows of 2,000 fill 99.8 % and need to hold no more than that.
const DefaultWindow = 2000

// Sample is one row of the data set as tokens.
type Sample struct {
	ID     string
	Tokens []uint32
	Labels []bool // whether a token carries loss when it is predicted
	Groups []string
	Weight float32
}

// Row is one packed row: samples end to end, each beginning at one of Starts.
type Row struct {
	Tokens []uint32
	Labels []bool
	Starts []int32 // the first is 0
	IDs    []string
	Groups []string // values of the group columns; samples of different groups never share a row
	Weight float32  // nor do samples of different weight
}

// Packer lays samples into rows of at most Length tokens, by best fit decreasing among the samples of a window (Johnson 1973). No sample is cut, and
// the rows depend on the samples' order alone. Samples whose groups or weights differ never share a row, for batches are balanced and weighted by rows.
type Packer struct {
	Length int
	Window int // samples among which the best fit is looked for; 1 packs nothing
	held   []Sample
}

// Add takes a sample of at most Length tokens and returns the rows of a window that is full.
func (p *Packer) Add(s Sample) []Row {
	p.held = append(p.held, s)
	if len(p.held) < p.Window {
		return nil
	}
	return p.Flush()
}

// Flush packs what is held. Rows come in the order of their first samples, samples in a row in the order in which they were added.
func (p *Packer) Flush() []Row {
	order := make([]int, len(p.held))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return len(p.held[order[a]].Tokens) > len(p.held[order[b]].Tokens) })
	open := map[string]*binSet{}
	var all []*bin
	for _, i := range order {
		s := &p.held[i]
		key := groupKey(s)
		set := open[key]
		if set == nil {
			set = &binSet{}
			open[key] = set
		}
		b := set.take(len(s.Tokens))
		if b == nil {
			b = &bin{room: p.Length, first: i}
			all = append(all, b)
		}
		b.samples = append(b.samples, i)
		b.first = min(b.first, i)
		b.room -= len(s.Tokens)
		set.put(b)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].first < all[j].first })
	rows := make([]Row, len(all))
	for i, b := range all {
		slices.Sort(b.samples)
		rows[i] = p.join(b.samples)
	}
	p.held = p.held[:0]
	return rows
}

func groupKey(s *Sample) string {
	key := binary.LittleEndian.AppendUint32(nil, math.Float32bits(s.Weight))
	for _, g := range s.Groups {
		key = append(strconv.AppendInt(key, int64(len(g)), 10), ':')
		key = append(key, g...)
	}
	return string(key)
}

func (p *Packer) join(samples []int) Row {
	first := &p.held[samples[0]]
	r := Row{Groups: first.Groups, Weight: first.Weight}
	for _, i := range samples {
		s := &p.held[i]
		r.Starts = append(r.Starts, int32(len(r.Tokens)))
		r.Tokens = append(r.Tokens, s.Tokens...)
		r.Labels = append(r.Labels, s.Labels...)
		r.IDs = append(r.IDs, s.ID)
	}
	return r
}

// bin is a row being filled.
type bin struct {
	room    int
	first   int // smallest sample
	samples []int
}

// binSet finds the bin with the least room that is still enough. Of equal ones the one that came last is taken.
type binSet struct {
	rooms  []int // the different rooms, ascending
	byRoom map[int][]*bin
}

func (s *binSet) take(n int) *bin {
	at, _ := slices.BinarySearch(s.rooms, n)
	if at == len(s.rooms) {
		return nil
	}
	room := s.rooms[at]
	bins := s.byRoom[room]
	b := bins[len(bins)-1]
	if s.byRoom[room] = bins[:len(bins)-1]; len(bins) == 1 {
		s.rooms = slices.Delete(s.rooms, at, at+1)
	}
	return b
}

func (s *binSet) put(b *bin) {
	if b.room == 0 {
		return
	}
	if s.byRoom == nil {
		s.byRoom = map[int][]*bin{}
	}
	if len(s.byRoom[b.room]) == 0 {
		at, _ := slices.BinarySearch(s.rooms, b.room)
		s.rooms = slices.Insert(s.rooms, at, b.room)
	}
	s.byRoom[b.room] = append(s.byRoom[b.room], b)
}

// pieces cuts n tokens into as few pieces of at most length as there can be and returns their ends. No piece has a single token, which would
// foresee nothing, unless n or length is 1.
func pieces(n, length int) []int {
	var ends []int
	for at := 0; at < n; {
		end := min(at+length, n)
		if n-end == 1 && length > 2 {
			end--
		}
		ends = append(ends, end)
		at = end
	}
	return ends
}
