package harm

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// FeatureSet says which features of a text a linear model looks at. Every feature is a hash into the model's table.
type FeatureSet struct {
	Bits    int  `json:"bits"`     // the table has 2^Bits weights
	MinGram int  `json:"min_gram"` // shortest run of characters, across spaces
	MaxGram int  `json:"max_gram"` // longest
	Words   int  `json:"words"`    // longest run of words; 0: none
	Pairs   int  `json:"pairs"`    // pairs of words with up to so many words between them, in order; 0: none
	Binary  bool `json:"binary"`   // a feature counts once a text, however often it occurs
}

// extractor turns texts into features and keeps its memory from text to text.
type extractor struct {
	set   FeatureSet
	codes []uint32 // normalized characters, one space between words
	words []uint32 // hashes of words
	out   []uint32
	seen  []uint64 // Binary: a set of buckets; a slot holds the epoch of its text and the bucket
	epoch uint32
}

const (
	gramSeed = 0x811c9dc5
	wordSeed = 0x2545f491
	pairSeed = 0x9e3779b9
	mix      = 0x9E3779B97F4A7C15
)

// features returns the hashed features of a text; the slice is valid until the next call.
func (e *extractor) features(text []byte) []uint32 {
	e.normalize(text)
	e.out = e.out[:0]
	shift := 64 - e.set.Bits
	codes := e.codes
	for i := range codes {
		h := uint64(gramSeed)
		top := min(e.set.MaxGram, len(codes)-i)
		for n := 1; n <= top; n++ {
			h = (h ^ uint64(codes[i+n-1])) * mix
			h ^= h >> 29
			if n >= e.set.MinGram {
				e.out = append(e.out, uint32((h*mix)>>shift))
			}
		}
	}
	if e.set.Words > 0 || e.set.Pairs > 0 {
		e.wordFeatures(shift)
	}
	if e.set.Binary {
		e.unique()
	}
	return e.out
}

func (e *extractor) wordFeatures(shift int) {
	e.words = e.words[:0]
	h, open := uint64(wordSeed), false
	for i := 0; i <= len(e.codes); i++ {
		if i < len(e.codes) && e.codes[i] != ' ' {
			h = (h ^ uint64(e.codes[i])) * mix
			h ^= h >> 29
			open = true
			continue
		}
		if open {
			e.words = append(e.words, uint32(h>>32))
		}
		h, open = wordSeed, false
	}
	for i := range e.words {
		h := uint64(wordSeed)
		for n := 1; n <= e.set.Words && i+n <= len(e.words); n++ {
			h = (h ^ uint64(e.words[i+n-1])) * mix
			h ^= h >> 29
			e.out = append(e.out, uint32((h*mix)>>shift))
		}
		for gap := 1; gap <= e.set.Pairs && i+1+gap < len(e.words); gap++ {
			h := (uint64(pairSeed) ^ uint64(e.words[i])) * mix
			h ^= h >> 29
			h = (h ^ uint64(e.words[i+1+gap])) * mix
			h ^= h >> 29
			e.out = append(e.out, uint32((h*mix)>>shift))
		}
	}
}

// unique leaves each feature once. The set is sized to the text, so that it stays in the nearest cache.
func (e *extractor) unique() {
	size := 256
	for size < 2*len(e.out) {
		size *= 2
	}
	if len(e.seen) < size {
		e.seen, e.epoch = make([]uint64, size), 0
	}
	e.epoch++
	if e.epoch == 0 {
		clear(e.seen)
		e.epoch = 1
	}
	mask := uint32(size - 1)
	mark := uint64(e.epoch) << 32
	k := 0
next:
	for _, f := range e.out {
		want := mark | uint64(f)
		i := f & mask
		for e.seen[i]>>32 == uint64(e.epoch) {
			if e.seen[i] == want {
				continue next
			}
			i = (i + 1) & mask
		}
		e.seen[i] = want
		e.out[k] = f
		k++
	}
	e.out = e.out[:k]
}

// normalize writes the text's characters in the form that training and use share: small letters, full-width forms as ASCII, one space for white space, @name for
// any name, nothing for addresses of the web, at most two of the same character in a row, the common HTML entities undone. Words are set off by spaces.
func (e *extractor) normalize(b []byte) {
	out := append(e.codes[:0], ' ')
	last := func(n int) uint32 {
		if len(out) < n {
			return 0
		}
		return out[len(out)-n]
	}
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			switch {
			case c >= 'A' && c <= 'Z':
				c += 'a' - 'A'
			case c <= ' ':
				if last(1) != ' ' {
					out = append(out, ' ')
				}
				i++
				continue
			case c == '&':
				if r, n := entity(b[i:]); n > 0 {
					if r != 0 {
						out = append(out, ' ', r, ' ')
					}
					i += n
					continue
				}
			case c == '@':
				n := 1
				for i+n < len(b) && (wordByte(b[i+n])) {
					n++
				}
				if n > 1 {
					out = append(out, '@')
					i += n
					continue
				}
			case c == 'h' && (bytes.HasPrefix(b[i:], []byte("http://")) || bytes.HasPrefix(b[i:], []byte("https://"))):
				for i < len(b) && b[i] > ' ' && b[i] < utf8.RuneSelf {
					i++
				}
				continue
			}
			letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '\'' || c == '_' || c == '*' || c == '@'
			if !letter {
				if last(1) != ' ' {
					out = append(out, ' ')
				}
				if uint32(c) != last(2) {
					out = append(out, uint32(c), ' ')
				}
			} else if !(uint32(c) == last(1) && uint32(c) == last(2)) {
				out = append(out, uint32(c))
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		i += n
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFEE0
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
		case r == 0x3000 || r == 0xA0:
			if last(1) != ' ' {
				out = append(out, ' ')
			}
			continue
		case r == '’' || r == '‘':
			r = '\''
		case r == '“' || r == '”':
			r = '"'
		case r < 0x2E80 && unicode.IsUpper(r):
			r = unicode.ToLower(r)
		}
		if x := uint32(r); !(x == last(1) && x == last(2)) {
			out = append(out, x)
		}
	}
	if last(1) != ' ' {
		out = append(out, ' ')
	}
	e.codes = out
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// entity reads an HTML entity such as &amp; or &#8220; at the start of b: its character (0 for one that says nothing) and its length, 0 when there is none.
func entity(b []byte) (r uint32, n int) {
	end := bytes.IndexByte(b[:min(len(b), 10)], ';')
	if end < 2 {
		return 0, 0
	}
	switch name := string(b[1:end]); name {
	case "amp":
		return '&', end + 1
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "quot":
		return '"', end + 1
	case "nbsp":
		return 0, end + 1
	}
	if b[1] != '#' {
		return 0, 0
	}
	for _, c := range b[2:end] {
		if c < '0' || c > '9' {
			return 0, 0
		}
		r = r*10 + uint32(c-'0')
	}
	switch r {
	case 8220, 8221:
		r = '"'
	case 8216, 8217:
		r = '\''
	}
	return r, end + 1
}
