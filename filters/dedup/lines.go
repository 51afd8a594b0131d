package dedup

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"winnow/datasets"
	"winnow/filters"
)

// blocks calls f with the lines, or the paragraphs, of a text: their bytes without white space at the ends, and where they begin and end with the break after them.
func blocks(b []byte, paragraphs bool, f func(block []byte, start, end int)) {
	for start := 0; start < len(b); {
		end := start
		for end < len(b) {
			i := bytes.IndexByte(b[end:], '\n')
			if i < 0 {
				end = len(b)
				break
			}
			end += i + 1
			if !paragraphs {
				break
			}
			// a paragraph ends at a line that holds nothing
			next := end
			for next < len(b) && (b[next] == ' ' || b[next] == '\t' || b[next] == '\r') {
				next++
			}
			if next == len(b) || b[next] == '\n' {
				end = min(next+1, len(b))
				break
			}
		}
		if block := bytes.TrimSpace(b[start:end]); len(block) > 0 {
			f(block, start, end)
		}
		start = end
	}
}

// blockKey is the hash of a block that is long enough to be compared.
func (d *Dedup) blockKey(block []byte) (key uint64, ok bool) {
	if utf8.RuneCount(block) < d.MinLength {
		return 0, false
	}
	return xxh3.Hash(block), true
}

// emitBlocks writes a note for each different block of a row.
func (d *Dedup) emitBlocks(row *filters.Row, emit func(uint64, []byte)) {
	seen := map[uint64]bool{}
	for _, p := range row.Pieces() {
		if p.Role == "label" {
			continue
		}
		blocks(p.Text, d.Method == "paragraph", func(block []byte, _, _ int) {
			if key, ok := d.blockKey(block); ok && !seen[key] {
				seen[key] = true
				emit(key, nil)
			}
		})
	}
}

// groupBlocks names the row in which a repeated block stays.
func (d *Dedup) groupBlocks(key uint64, notes []filters.Note, out func(filters.Note)) {
	if len(notes) >= d.Copies {
		out(filters.Note{Key: key, Row: notes[0].Row, Value: binary.AppendUvarint(nil, uint64(len(notes)))})
	}
}

// repeated is a block that stands in several rows, and the row in which it stays.
type repeated struct {
	key   uint64
	first datasets.Ref
}

// BlockFindings are the figures of methods line and paragraph.
type BlockFindings struct {
	Repeated int    `json:"repeated"` // different lines or paragraphs that stand in several rows
	Places   uint64 `json:"places"`   // rows in which they stand, added up
}

func (d *Dedup) concludeBlocks(notes iter.Seq2[filters.Note, error]) (filters.Conclusion, error) {
	s := &cutBlocks{d: d}
	var f BlockFindings
	for n, err := range notes {
		if err != nil {
			return filters.Conclusion{}, err
		}
		rows, _ := binary.Uvarint(n.Value)
		f.Repeated++
		f.Places += rows
		s.blocks = append(s.blocks, repeated{n.Key, n.Row})
	}
	slices.SortFunc(s.blocks, func(a, b repeated) int { return cmp.Compare(a.key, b.key) })
	return filters.Conclusion{Next: s, Findings: f}, nil
}

// cutBlocks is the step that takes repeated blocks out of rows.
type cutBlocks struct {
	d      *Dedup
	blocks []repeated // sorted by key
}

// Apply cuts one row. In the row where a block stays its first occurrence stays.
func (s *cutBlocks) Apply(row *filters.Row) error {
	var kept map[uint64]bool
	cut := false
	left := false
	for i, p := range row.Pieces() {
		if p.Role == "label" {
			continue
		}
		var out []byte
		copied, changed := 0, false
		blocks(p.Text, s.d.Method == "paragraph", func(block []byte, start, end int) {
			key, ok := s.d.blockKey(block)
			if !ok {
				left = true
				return
			}
			k, found := slices.BinarySearchFunc(s.blocks, key, func(r repeated, key uint64) int { return cmp.Compare(r.key, key) })
			if !found || s.d.Survivor != "none" && s.blocks[k].first == row.Ref && !kept[key] {
				if found {
					if kept == nil {
						kept = map[uint64]bool{}
					}
					kept[key] = true
				}
				left = true
				return
			}
			out = append(out, p.Text[copied:start]...)
			copied, changed = end, true
		})
		if changed {
			out = append(out, p.Text[copied:]...)
			row.SetPiece(i, bytes.TrimRight(out, "\n"))
			cut = true
		}
	}
	if cut && !left {
		row.Drop("only repeated " + s.d.Method + "s")
	}
	return nil
}
