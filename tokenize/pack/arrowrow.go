package pack

import (
	"encoding/binary"
	"io"
	"math"
	"sort"
)

// row reads one row from where it lies. Every offset is checked against its column.
func (f *arrowFile) row(r io.ReaderAt, i int) (Row, error) {
	k := sort.Search(len(f.batches), func(k int) bool { return f.batches[k].first > i }) - 1
	b := &f.batches[k]
	return b.row(r, i-b.first, f.wide)
}

func (b *batch) row(r io.ReaderAt, i int, wide bool) (row Row, err error) {
	width := int64(2)
	if wide {
		width = 4
	}
	tokens, err := b.lists[0].bytes(r, i, width)
	if err != nil {
		return row, err
	}
	row.Tokens = make([]uint32, len(tokens)/int(width))
	for k := range row.Tokens {
		if wide {
			row.Tokens[k] = binary.LittleEndian.Uint32(tokens[4*k:])
		} else {
			row.Tokens[k] = uint32(binary.LittleEndian.Uint16(tokens[2*k:]))
		}
	}
	spans, err := b.lists[1].int32s(r, i)
	if err != nil {
		return row, err
	}
	if row.Labels, err = labelsOf(spans, len(row.Tokens)); err != nil {
		return row, err
	}
	if row.Starts, err = b.lists[2].int32s(r, i); err != nil {
		return row, err
	}
	if row.IDs, err = b.lists[3].strings(r, i); err != nil {
		return row, err
	}
	if row.Groups, err = b.lists[4].strings(r, i); err != nil {
		return row, err
	}
	weight, err := readAt(r, extent{b.weight.at + 4*int64(i), 4}, math.MaxInt64)
	if err != nil {
		return row, err
	}
	row.Weight = math.Float32frombits(binary.LittleEndian.Uint32(weight))
	return row, nil
}

// labelsOf turns pairs of begin and end into a label for each token.
func labelsOf(spans []int32, tokens int) ([]bool, error) {
	labels := make([]bool, tokens)
	if len(spans)%2 != 0 {
		return nil, damaged("the spans of the labels are %d numbers, not pairs", len(spans))
	}
	last := int32(0)
	for k := 0; k < len(spans); k += 2 {
		from, to := spans[k], spans[k+1]
		if from < last || to <= from || int(to) > tokens {
			return nil, damaged("the label from token %d to %d does not fit %d tokens, or overlaps another", from, to, tokens)
		}
		for t := from; t < to; t++ {
			labels[t] = true
		}
		last = to
	}
	return labels, nil
}

// span returns where the values of list i begin and end.
func (l *listColumn) span(r io.ReaderAt, i int) (from, to int64, err error) {
	pair, err := readAt(r, extent{l.offsets.at + 4*int64(i), 8}, math.MaxInt64)
	if err != nil {
		return 0, 0, err
	}
	from, to = int64(int32(binary.LittleEndian.Uint32(pair))), int64(int32(binary.LittleEndian.Uint32(pair[4:])))
	if from < 0 || to < from || to > l.n {
		return 0, 0, damaged("a list from %d to %d does not fit %d values", from, to, l.n)
	}
	return from, to, nil
}

func (l *listColumn) bytes(r io.ReaderAt, i int, width int64) ([]byte, error) {
	from, to, err := l.span(r, i)
	if err != nil {
		return nil, err
	}
	return readAt(r, extent{l.values.at + from*width, (to - from) * width}, math.MaxInt64)
}

func (l *listColumn) int32s(r io.ReaderAt, i int) ([]int32, error) {
	data, err := l.bytes(r, i, 4)
	if err != nil {
		return nil, err
	}
	out := make([]int32, len(data)/4)
	for k := range out {
		out[k] = int32(binary.LittleEndian.Uint32(data[4*k:]))
	}
	return out, nil
}

func (l *listColumn) strings(r io.ReaderAt, i int) ([]string, error) {
	from, to, err := l.span(r, i)
	if err != nil || from == to {
		return nil, err
	}
	offsets, err := readAt(r, extent{l.values.at + 4*from, 4 * (to - from + 1)}, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	at := func(k int64) int64 { return int64(int32(binary.LittleEndian.Uint32(offsets[4*k:]))) }
	begin, end := at(0), at(to-from)
	if begin < 0 || end < begin || end > l.text.size {
		return nil, damaged("texts from %d to %d do not fit %d bytes", begin, end, l.text.size)
	}
	text, err := readAt(r, extent{l.text.at + begin, end - begin}, math.MaxInt64)
	if err != nil {
		return nil, err
	}
	out := make([]string, to-from)
	for k := range out {
		s, e := at(int64(k)), at(int64(k)+1)
		if s < begin || e < s || e > end {
			return nil, damaged("a text from %d to %d does not fit %d bytes", s, e, l.text.size)
		}
		out[k] = string(text[s-begin : e-begin])
	}
	return out, nil
}
