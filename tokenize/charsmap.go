package tokenize

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/go-json-experiment/json/jsontext"
)

// charsmap is sentencepiece's precompiled normalisation: a double-array trie over bytes whose values are places in a text of replacements that end in
// NUL (google/sentencepiece, normalizer.cc). Hugging Face's reading of it is followed: a grapheme cluster of fewer than 6 bytes is replaced as a whole by the
// entry of its shortest prefix that has one, longer clusters character by character.
type charsmap struct {
	units []uint32
	text  []byte
	// single holds the replacements of ASCII characters, and whether there is one.
	single [utf8.RuneSelf]struct {
		with []byte
		ok   bool
	}
}

func parseCharsmap(raw jsontext.Value) (normalizer, error) {
	var p struct {
		Map string `json:"precompiled_charsmap"`
	}
	if err := unmarshal(raw, &p); err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(p.Map)
	if err != nil {
		return nil, fmt.Errorf("precompiled_charsmap: %w", err)
	}
	if len(data) == 0 {
		return nil, nil
	}
	if len(data) < 4 {
		return nil, errors.New("precompiled_charsmap is cut short")
	}
	size := int64(binary.LittleEndian.Uint32(data))
	if size%4 != 0 || size < 4 || size > int64(len(data)-4) {
		return nil, fmt.Errorf("precompiled_charsmap announces a trie of %d bytes but holds %d", size, len(data)-4)
	}
	c := &charsmap{text: data[4+size:]}
	for i := range int(size / 4) {
		c.units = append(c.units, binary.LittleEndian.Uint32(data[4+4*i:]))
	}
	if !utf8.Valid(c.text) {
		return nil, errors.New("precompiled_charsmap: the replacements are not UTF-8")
	}
	for i := range c.single {
		c.single[i].with, c.single[i].ok = c.find([]byte{byte(i)})
	}
	return c, nil
}

// A unit of the trie is a label, an offset to its children and a flag that a leaf follows; a leaf's unit is a value.
func unitOffset(u uint32) uint32 { return u >> 10 << (u & (1 << 9) >> 6) }

// find returns the replacement of the shortest prefix of key that has one.
func (c *charsmap) find(key []byte) ([]byte, bool) {
	at := unitOffset(c.units[0])
	for _, b := range key {
		if b == 0 {
			return nil, false
		}
		at ^= uint32(b)
		if at >= uint32(len(c.units)) {
			return nil, false
		}
		u := c.units[at]
		if u&(1<<31|0xFF) != uint32(b) {
			return nil, false
		}
		at ^= unitOffset(u)
		if u>>8&1 == 1 {
			if at >= uint32(len(c.units)) {
				return nil, false
			}
			return c.replacement(c.units[at] & (1<<31 - 1))
		}
	}
	return nil, false
}

func (c *charsmap) replacement(at uint32) ([]byte, bool) {
	if at > uint32(len(c.text)) || int(at) < len(c.text) && !utf8.RuneStart(c.text[at]) {
		return nil, false
	}
	s := c.text[at:]
	if end := bytes.IndexByte(s, 0); end >= 0 {
		s = s[:end]
	}
	return s, true
}

func (c *charsmap) apply(t *aligned) {
	if t.track {
		c.applyTracked(t)
		return
	}
	begun := false
	c.each(t.b, func(start, end int, with []byte) {
		if !begun {
			t.begin(0)
			begun = true
		}
		t.keep(start)
		t.bufs[t.which] = append(t.bufs[t.which], with...)
		t.off = end
	})
	if begun {
		t.keep(len(t.b))
		t.commit()
	}
}

// applyTracked keeps Hugging Face's accounts: the characters of a replacement stand for those of the old part one by one, more are inserted, and where
// there are fewer the change of the last character written, whatever it was, is lowered by the difference (at the start of a text, nothing is).
func (c *charsmap) applyTracked(t *aligned) {
	var out []formRune
	last := 0
	copyTo := func(end int) {
		for _, r := range string(t.b[last:end]) {
			out = append(out, formRune{r: r})
		}
	}
	changed := false
	c.each(t.b, func(start, end int, with []byte) {
		changed = true
		copyTo(start)
		old := utf8.RuneCount(t.b[start:end])
		for _, r := range string(with) {
			x := formRune{r: r}
			if old == 0 {
				x.change = 1
			} else {
				old--
			}
			out = append(out, x)
		}
		if old > 0 && len(out) > 0 {
			out[len(out)-1].change -= old
		}
		last = end
	})
	if !changed {
		return
	}
	copyTo(len(t.b))
	t.begin(0)
	for _, x := range out {
		t.put(x.r, x.change)
	}
	t.commit()
}

// each calls replace for every stretch of b that has a replacement, in order.
func (c *charsmap) each(b []byte, replace func(start, end int, with []byte)) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf && (i+1 == len(b) || b[i+1] < utf8.RuneSelf) && b[i] != '\r' {
			if s := &c.single[b[i]]; s.ok {
				replace(i, i+1, s.with)
			}
			i++
			continue
		}
		end := i + clusterLength(b[i:])
		if end-i < 6 {
			if with, ok := c.find(b[i:end]); ok {
				replace(i, end, with)
				i = end
				continue
			}
		}
		for i < end {
			_, n := runeAt(b, i)
			if with, ok := c.find(b[i : i+n]); ok {
				replace(i, i+n, with)
			}
			i += n
		}
	}
}

// clusterLength returns the length of the grapheme cluster at the start of b; most characters are one by themselves, which two looks tell.
func clusterLength(b []byte) int {
	r, n := runeAt(b, 0)
	if n == len(b) {
		return n
	}
	if next, _ := runeAt(b, n); standsAlone(r) && standsAlone(next) {
		return n
	}
	seg := graphemes.FromBytes(b)
	seg.Next()
	return len(seg.Value())
}

// standsAlone reports whether a character neither joins the one before it nor the one after it (unless that one joins by itself): ASCII other than line
// breaks, Latin letters, Greek and basic Cyrillic, kana and Han.
func standsAlone(r rune) bool {
	return r >= ' ' && r < 0x7F || r >= 0xC0 && r < 0x300 || r >= 0x370 && r < 0x483 || r >= 0x3041 && r < 0x3097 || r >= 0x30A1 && r < 0x3131 ||
		r >= 0x3400 && r < 0xA000 || r >= 0x3001 && r <= 0x3002 || r >= 0xFF01 && r < 0xFF9E
}
