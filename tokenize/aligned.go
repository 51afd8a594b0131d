package tokenize

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// aligned is a text under rewriting, with the place in the source that each of its bytes comes from when offsets are wanted. Its rewrite methods follow
// Hugging Face's NormalizedString, whose rules for the place of inserted and replaced characters decide the offsets of tokens.
type aligned struct {
	b     []byte
	track bool
	// from holds the source place of each byte of b; nil while b still is a stretch of the source that starts at base.
	from []span
	base int32

	// A rewrite reads b from off on and writes to one of two buffers in turn; the source itself is never written to.
	off   int
	bufs  [2][]byte
	froms [2][]span
	which int
}

// set starts with a stretch of the source.
func (a *aligned) set(b []byte, base int32, track bool) {
	a.b, a.base, a.track, a.from = b, base, track, nil
}

// at returns the source place of byte i: of the whole character it belongs to.
func (a *aligned) at(i int) span {
	if a.from != nil {
		return a.from[i]
	}
	return charSpan(a.b, i, a.base)
}

// charSpan returns the place of the character of b that holds byte i, from base on.
func charSpan(b []byte, i int, base int32) span {
	for !utf8.RuneStart(b[i]) {
		i--
	}
	_, n := runeAt(b, i)
	return span{base + int32(i), base + int32(i+n)}
}

// begin starts a rewrite that drops the first removed characters.
func (a *aligned) begin(removed int) {
	a.which ^= 1
	a.bufs[a.which] = a.bufs[a.which][:0]
	a.froms[a.which] = a.froms[a.which][:0]
	a.off = 0
	a.skip(removed)
}

// skip passes n characters of the old text.
func (a *aligned) skip(n int) {
	for ; n > 0 && a.off < len(a.b); n-- {
		_, size := runeAt(a.b, a.off)
		a.off += size
	}
}

// put writes one character. change is 1 for an inserted one, which takes the place of what was read last, 0 for one that replaces the next character
// of the old text, and -n for one that also removes the n characters after that.
func (a *aligned) put(r rune, change int) {
	var place span
	if a.track {
		switch {
		case change <= 0 && a.off < len(a.b):
			place = a.at(a.off)
		case a.off > 0:
			place = a.at(a.off - 1)
		}
	}
	if change <= 0 {
		a.skip(1 - change)
	}
	w := a.which
	before := len(a.bufs[w])
	a.bufs[w] = utf8.AppendRune(a.bufs[w], r)
	if a.track {
		for range len(a.bufs[w]) - before {
			a.froms[w] = append(a.froms[w], place)
		}
	}
}

// keep copies the old text up to byte end.
func (a *aligned) keep(end int) {
	w := a.which
	a.bufs[w] = append(a.bufs[w], a.b[a.off:end]...)
	if a.track {
		if a.from != nil {
			a.froms[w] = append(a.froms[w], a.from[a.off:end]...)
		} else {
			for i := a.off; i < end; i++ {
				a.froms[w] = append(a.froms[w], charSpan(a.b, i, a.base))
			}
		}
	}
	a.off = end
}

// commit ends a rewrite.
func (a *aligned) commit() {
	a.b = a.bufs[a.which]
	if a.track {
		a.from = a.froms[a.which]
		if a.from == nil {
			a.from = []span{}
		}
	}
}

// source turns a range of b into a range of the source.
func (a *aligned) source(s span) span {
	if s[0] >= s[1] || int(s[1]) > len(a.b) {
		return span{a.base + s[0], a.base + s[0]}
	}
	return span{a.at(int(s[0]))[0], a.at(int(s[1] - 1))[1]}
}

// slice returns a stretch of a as a text of its own, whose rewrites do not touch a.
func (a *aligned) slice(into *aligned, start, end int) {
	into.b, into.track, into.from, into.base = a.b[start:end], a.track, nil, a.base+int32(start)
	if a.from != nil {
		into.from = a.from[start:end]
	}
}

// replaceString writes with for every old, where no places are kept.
func (a *aligned) replaceString(old, with string) {
	first := bytes.Index(a.b, []byte(old))
	if first < 0 {
		return
	}
	a.begin(0)
	out := append(a.bufs[a.which], a.b[:first]...)
	rest := a.b[first:]
	if len(old) == 1 {
		for _, c := range rest {
			if c == old[0] {
				out = append(out, with...)
			} else {
				out = append(out, c)
			}
		}
	} else {
		for first = 0; first >= 0; first = bytes.Index(rest, []byte(old)) {
			out = append(append(out, rest[:first]...), with...)
			rest = rest[first+len(old):]
		}
		out = append(out, rest...)
	}
	a.bufs[a.which] = out
	a.commit()
}

// replaceMatches rewrites matches: content stands in place of each and takes the place of the last character it replaces.
func (a *aligned) replaceMatches(matches []match, content string) {
	if !slices.ContainsFunc(matches, func(m match) bool { return m.hit }) {
		return
	}
	a.begin(0)
	for _, m := range matches {
		if !m.hit {
			a.keep(m.end)
			continue
		}
		a.off = m.end
		for _, r := range content {
			a.put(r, 1)
		}
	}
	a.commit()
}
