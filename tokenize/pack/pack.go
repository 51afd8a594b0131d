// Package pack lays tokenized samples into rows of fixed length and keeps them as token shards that say which rows of the data set they came from. The way of a row:
// Codec (codec.go) turns it into tokens with labels, Packer (this file) finds it a place, Writer (write.go) puts packed rows into Arrow files, Shards (read.go) reads
// them back, verified. Build (build.go) is the whole way at once; Look (look.go) shows a row as the model sees it.
package pack

import "sort"

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
	Groups []string // values of the group columns, of the first sample
	Weight float32  // of the first sample; samples of different weight or group never share a row
}

// Packer lays samples into rows of at most length tokens: best fit decreasing among the samples of a window, so that the result depends on their order alone. Samples
// whose groups or weights differ never share a row, for batches are balanced and weighted by rows.
type Packer struct {
	Length int
	Window int // samples among which the best fit is looked for; 1 packs nothing
	held   []Sample
}

// Add takes a sample and returns the rows of a window that is full.
func (p *Packer) Add(s Sample) []Row {
	p.held = append(p.held, s)
	if len(p.held) < p.Window {
		return nil
	}
	return p.Flush()
}

// Flush packs what is held.
func (p *Packer) Flush() []Row {
	order := make([]int, len(p.held))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return len(p.held[order[a]].Tokens) > len(p.held[order[b]].Tokens) })
	bins := map[string]*binSet{}
	var all []*bin
	for _, i := range order {
		s := &p.held[i]
		key := groupKey(s)
		set := bins[key]
		if set == nil {
			set = &binSet{byRoom: make([][]*bin, p.Length+1)}
			bins[key] = set
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
		sort.Ints(b.samples)
		rows[i] = p.join(b.samples)
	}
	p.held = p.held[:0]
	return rows
}

func groupKey(s *Sample) string {
	key := ""
	for _, g := range s.Groups {
		key += g + "\x00"
	}
	if s.Weight != 1 {
		key += string(appendFloat(nil, s.Weight))
	}
	return key
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

// binSet finds the bin with the least room that is still enough. Of equal ones the oldest is taken.
type binSet struct {
	byRoom [][]*bin
}

func (s *binSet) take(n int) *bin {
	for room := n; room < len(s.byRoom); room++ {
		if list := s.byRoom[room]; len(list) > 0 {
			s.byRoom[room] = list[1:]
			return list[0]
		}
	}
	return nil
}

func (s *binSet) put(b *bin) { s.byRoom[b.room] = append(s.byRoom[b.room], b) }
