package tokenize

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// match is a stretch of a text that a pattern matched (hit), or that lies between matches. Matches cover the text in order.
type match struct {
	start, end int
	hit        bool
}

// pattern cuts text into matches and what lies between.
type pattern interface {
	matches(dst []match, b []byte) []match
}

// charPattern matches single characters.
type charPattern func(r rune) bool

func (p charPattern) matches(dst []match, b []byte) []match {
	last := 0
	for i := 0; i < len(b); {
		r, n := runeAt(b, i)
		if p(r) {
			if last < i {
				dst = append(dst, match{last, i, false})
			}
			dst = append(dst, match{i, i + n, true})
			last = i + n
		}
		i += n
	}
	return rest(dst, b, last)
}

// rest appends what follows the last match; an empty text is one empty stretch.
func rest(dst []match, b []byte, last int) []match {
	if last < len(b) || len(b) == 0 {
		dst = append(dst, match{last, len(b), false})
	}
	return dst
}

// stringPattern matches a string.
type stringPattern string

func (p stringPattern) matches(dst []match, b []byte) []match {
	last := 0
	for len(p) > 0 {
		at := bytes.Index(b[last:], []byte(p))
		if at < 0 {
			break
		}
		if at > 0 {
			dst = append(dst, match{last, last + at, false})
		}
		dst = append(dst, match{last + at, last + at + len(p), true})
		last += at + len(p)
	}
	return rest(dst, b, last)
}

// scanPattern is a pattern with a hand-written scanner; such patterns match every character.
type scanPattern struct{ scan scanner }

func (p scanPattern) matches(dst []match, b []byte) []match {
	for i := 0; i < len(b); {
		end := p.scan.next(b, i)
		dst = append(dst, match{i, end, true})
		i = end
	}
	return rest(dst, b, len(b))
}

// parsePattern reads {"String": …} or {"Regex": …}.
func parsePattern(raw jsontext.Value) (pattern, error) {
	var p struct {
		String *string
		Regex  *string
	}
	if err := unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	switch {
	case p.String != nil:
		return stringPattern(*p.String), nil
	case p.Regex != nil:
		if s := scannerFor(*p.Regex); s != nil {
			return scanPattern{s}, nil
		}
		return compileRegex(*p.Regex)
	}
	return nil, fmt.Errorf("pattern %s holds neither String nor Regex", raw)
}

// behavior says what becomes of the matches of a Split.
type behavior string

const (
	removed            behavior = "Removed"
	isolated           behavior = "Isolated"
	mergedWithPrevious behavior = "MergedWithPrevious"
	mergedWithNext     behavior = "MergedWithNext"
	contiguous         behavior = "Contiguous"
)

func (b behavior) check() error {
	switch b {
	case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous:
		return nil
	}
	return fmt.Errorf("unknown behavior %q", string(b))
}

// apply turns matches into the pieces to keep, in place.
func (b behavior) apply(m []match) []match {
	if b == mergedWithNext {
		// From the back: a match joins the piece that follows it, unless a match follows.
		out := len(m)
		previous := false
		for i := len(m) - 1; i >= 0; i-- {
			x := m[i]
			if x.hit && !previous && out < len(m) {
				m[out].start = x.start
			} else {
				out--
				m[out] = x
			}
			previous = x.hit
		}
		return m[out:]
	}
	out := 0
	previous := false
	for _, x := range m {
		join := false
		switch b {
		case removed:
			if x.hit {
				continue
			}
		case contiguous:
			join = x.hit == previous
		case mergedWithPrevious:
			join = x.hit && !previous
		}
		previous = x.hit
		if join && out > 0 {
			m[out-1].end = x.end
			continue
		}
		m[out] = x
		out++
	}
	return m[:out]
}

// mappedPlaces returns, for each byte of the mapped form of b and for its end, the byte of b it belongs to.
func mappedPlaces(dst []int32, b []byte) []int32 {
	for i, c := range b {
		for range utf8.RuneLen(byteRune[c]) {
			dst = append(dst, int32(i))
		}
	}
	return append(dst, int32(len(b)))
}
