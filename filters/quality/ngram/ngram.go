// Package ngram is a language model of characters: an interpolated 5-gram model with Witten-Bell discounting (Witten and Bell 1991), trained from a user's good text
// by `winnow train-filter` and asked by the step `perplexity` how surprising a text is. Start with Model; train.go makes one.
package ngram

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

const order = 5

// Header describes a model file.
type Header struct {
	Name    string `json:"name"`
	Bits    int    `json:"bits"`    // the table has 2^Bits slots
	Grams   int    `json:"grams"`   // n-grams in it
	Unknown uint16 `json:"unknown"` // cost of a character that the training text does not have
	// Quantiles of the bits a character of held-out good texts, at 0, 1, … 100 %, by script: latin (all that is not Chinese) and han.
	Quantiles map[string][]float64 `json:"quantiles"`
}

// slot is an n-gram: the check of its hash, what its last character costs after the others, and what it costs to fall back from it to a shorter context.
// Costs are in 1/costUnit bits; check 0 is an empty slot.
type slot struct {
	check         uint32
	cost, retreat uint16
}

const costUnit = 1 << 10

// Model is read-only and may be shared.
type Model struct {
	Header
	slots []slot
}

const (
	magic   = "WNGM\x01"
	maxBits = 26
)

// Bytes returns the model as a file: the magic, the header's length, the header as JSON, and the table, compressed with zstd.
func (m *Model) Bytes() ([]byte, error) {
	head, err := json.Marshal(m.Header)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(magic)
	_ = binary.Write(&out, binary.LittleEndian, uint32(len(head)))
	out.Write(head)
	z, err := zstd.NewWriter(&out)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, 8*len(m.slots))
	for i, s := range m.slots {
		binary.LittleEndian.PutUint32(raw[8*i:], s.check)
		binary.LittleEndian.PutUint16(raw[8*i+4:], s.cost)
		binary.LittleEndian.PutUint16(raw[8*i+6:], s.retreat)
	}
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Read reads a model file. A broken file is an error.
func Read(data []byte) (*Model, error) {
	if len(data) < len(magic)+4 || string(data[:len(magic)]) != magic {
		return nil, fmt.Errorf("not an n-gram model: it does not begin with %q; make one with `winnow train-filter --perplexity`", magic[:4])
	}
	rest := data[len(magic):]
	n := int(binary.LittleEndian.Uint32(rest))
	if rest = rest[4:]; n > len(rest) {
		return nil, fmt.Errorf("n-gram model: a header of %d bytes in a file of %d", n, len(data))
	}
	m := &Model{}
	if err := json.Unmarshal(rest[:n], &m.Header); err != nil {
		return nil, fmt.Errorf("n-gram model: header: %w", err)
	}
	if m.Bits < 8 || m.Bits > maxBits || m.Grams < 0 || m.Grams > 1<<m.Bits*3/4 {
		return nil, fmt.Errorf("n-gram model: %d n-grams in a table of 2^%d are out of range", m.Grams, m.Bits)
	}
	for script, q := range m.Quantiles {
		if len(q) != 101 {
			return nil, fmt.Errorf("n-gram model: %d quantiles of script %s where 101 are due", len(q), script)
		}
	}
	z, err := zstd.NewReader(bytes.NewReader(rest[n:]), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	raw := make([]byte, 8<<m.Bits)
	if _, err := io.ReadFull(z, raw); err != nil {
		return nil, fmt.Errorf("n-gram model: table of 2^%d slots: %w", m.Bits, err)
	}
	m.slots = make([]slot, 1<<m.Bits)
	used := 0
	for i := range m.slots {
		m.slots[i] = slot{binary.LittleEndian.Uint32(raw[8*i:]), binary.LittleEndian.Uint16(raw[8*i+4:]), binary.LittleEndian.Uint16(raw[8*i+6:])}
		if m.slots[i].check != 0 {
			used++
		}
	}
	if used != m.Grams { // also keeps a search from running on for ever
		return nil, fmt.Errorf("n-gram model: %d n-grams where the header promises %d", used, m.Grams)
	}
	return m, nil
}

// find returns the slot of a hash, or nil.
func (m *Model) find(h uint64) *slot {
	mask := uint64(len(m.slots) - 1)
	check := uint32(h) | 1
	for i := h >> 32 & mask; ; i = (i + 1) & mask {
		s := &m.slots[i]
		if s.check == check {
			return s
		}
		if s.check == 0 {
			return nil
		}
	}
}

// scoredCharacters is how much of a long text is scored: what follows rarely says something else.
const scoredCharacters = 4096

// Surprise returns the mean bits a character of a text under the model, and the number of characters that were scored.
func (m *Model) Surprise(text []byte) (bits float64, characters int) {
	var s stream
	s.start()
	sum := uint64(0)
	for i := 0; i < len(text) && characters < scoredCharacters; {
		r, n := utf8.DecodeRune(text[i:])
		i += n
		if r = fold(r); r == ' ' && s.last == ' ' {
			continue
		}
		sum += m.cost(&s, r)
		characters++
	}
	if characters == 0 {
		return 0, 0
	}
	return float64(sum) / costUnit / float64(characters), characters
}

// stream is the place in a text: the characters before it, the hashes of the n-grams that end there, and how many of them the model holds.
type stream struct {
	last  rune
	chars [order]rune // newest first
	slots [order]*slot
	known int
}

func (s *stream) start() { *s = stream{last: ' '} }

// push adds a character and returns the hashes of the n-grams that end with it, the shortest first.
func (s *stream) push(r rune) (hashes [order]uint64) {
	copy(s.chars[1:], s.chars[:order-1])
	s.chars[0], s.last = r, r
	h := uint64(0x9E3779B97F4A7C15)
	for n := range hashes {
		h = (h ^ uint64(s.chars[n])) * 0xFF51AFD7ED558CCD
		h ^= h >> 33
		hashes[n] = h
	}
	return hashes
}

// cost returns what a character costs after the stream, and moves on. The n-gram of n+1 characters is in the model only where the context of n is.
func (m *Model) cost(s *stream, r rune) uint64 {
	context, known := s.slots, s.known
	hashes := s.push(r)
	total := uint64(0)
	top := min(known+1, order)
	found := 0
	for n := top; n >= 1; n-- {
		if x := m.find(hashes[n-1]); x != nil {
			total += uint64(x.cost)
			s.slots[n-1] = x
			found = n
			break
		}
		if n >= 2 {
			total += uint64(context[n-2].retreat)
		}
	}
	if found == 0 {
		total += uint64(m.Unknown)
	}
	for n := 1; n < found; n++ {
		s.slots[n-1] = m.find(hashes[n-1])
		if s.slots[n-1] == nil { // the suffix of an n-gram that is kept is kept, unless hashes collide
			found = n - 1
		}
	}
	s.known = found
	return total
}

// fold makes characters alike that a model of style need not tell apart: case, digits, white space.
func fold(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z' || r >= 0x4E00 && r <= 0x9FFF:
		return r
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r >= '0' && r <= '9':
		return '0'
	case r <= ' ' || r == 0xA0 || r == 0x3000:
		return ' '
	case r < 0x80:
		return r
	}
	return unicode.ToLower(r)
}

// Limit returns the bits a character under which the given share of held-out good text of a script stays; ok is false when the model has seen none of it.
func (m *Model) Limit(share float64, han bool) (bits float64, ok bool) {
	q := m.Quantiles[Script(han)]
	if len(q) != 101 {
		return 0, false
	}
	x := share * 100
	i := min(int(math.Floor(x)), 99)
	return q[i] + (x-float64(i))*(q[i+1]-q[i]), true
}

// Script names the quantiles of a text.
func Script(han bool) string {
	if han {
		return "han"
	}
	return "latin"
}
