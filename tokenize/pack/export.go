package pack

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"winnow/internal/atomicfile"
)

// document is one sample, or a piece of one, out of a packed row.
type document struct {
	tokens []uint32
	labels []bool
}

// documents calls visit for all documents of the shards in their order.
func (s *Shards) documents(visit func(document) error) error {
	for i := range s.Len() {
		row, err := s.Row(i)
		if err != nil {
			return err
		}
		for k, from := range row.Starts {
			to := len(row.Tokens)
			if k+1 < len(row.Starts) {
				to = int(row.Starts[k+1])
			}
			if err := visit(document{row.Tokens[from:to], row.Labels[from:to]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// ExportNanotron writes the documents of token shards as datatrove and nanotron do: path holds the ids (little-endian uint16, or uint32 for
// vocabularies beyond 65,536), path.index the end of each document in tokens (uint64), path.loss one byte a token that is 1 where it carries loss,
// path.metadata the tokenizer's name and the number of tokens. path should end in ".ds". Packing is undone: those trainers pack by themselves.
// (Layout: datatrove, pipeline/tokens/tokenizer.py.)
func ExportNanotron(s *Shards, path, tokenizerName string) error {
	width := 2
	if s.Index.Vocabulary > 1<<16 {
		width = 4
	}
	total := uint64(0)
	err := several([]string{path, path + ".index", path + ".loss"}, func(w []*bufio.Writer) error {
		var buf []byte
		return s.documents(func(d document) error {
			total += uint64(len(d.tokens))
			if _, err := w[0].Write(appendIDs(buf[:0], d.tokens, width)); err != nil {
				return err
			}
			if _, err := w[1].Write(binary.LittleEndian.AppendUint64(nil, total)); err != nil {
				return err
			}
			buf = buf[:0]
			for _, l := range d.labels {
				if l {
					buf = append(buf, 1)
				} else {
					buf = append(buf, 0)
				}
			}
			_, err := w[2].Write(buf)
			return err
		})
	})
	if err != nil {
		return err
	}
	metadata := fmt.Sprintf("%s|%d\n%d\n%s", tokenizerName, width, total, metric(float64(total)))
	return atomicfile.Write(path+".metadata", []byte(metadata))
}

// ExportMegatron writes the documents of token shards as Megatron-LM's indexed data set: prefix.bin holds the ids (little-endian uint16, or int32 for
// vocabularies from 65,500 on, as Megatron chooses), prefix.idx a header, the length of each document, where it begins in bytes, and the numbers of
// the documents. The format has no place for labels: all tokens carry loss there, so it suits plain text alone, and shards with conversations are
// refused. (Layout: Megatron-LM, megatron/core/datasets/indexed_dataset.py.)
func ExportMegatron(s *Shards, prefix string) error {
	width, code := 2, byte(8)
	if s.Index.Vocabulary >= 65500 {
		width, code = 4, 4
	}
	var lengths []byte
	var pointers []byte
	count, at := uint64(0), int64(0)
	err := several([]string{prefix + ".bin"}, func(w []*bufio.Writer) error {
		var buf []byte
		return s.documents(func(d document) error {
			for i, l := range d.labels {
				if !l && i > 0 {
					return fmt.Errorf("token %d of document %d carries no loss, which Megatron's format cannot say: export these shards for nanotron, or train them here", i, count)
				}
			}
			lengths = binary.LittleEndian.AppendUint32(lengths, uint32(len(d.tokens)))
			pointers = binary.LittleEndian.AppendUint64(pointers, uint64(at))
			at += int64(width * len(d.tokens))
			count++
			buf = appendIDs(buf[:0], d.tokens, width)
			_, err := w[0].Write(buf)
			return err
		})
	})
	if err != nil {
		return err
	}
	return several([]string{prefix + ".idx"}, func(w []*bufio.Writer) error {
		head := append([]byte("MMIDIDX\x00\x00"), 1, 0, 0, 0, 0, 0, 0, 0, code)
		head = binary.LittleEndian.AppendUint64(head, count)   // sequences
		head = binary.LittleEndian.AppendUint64(head, count+1) // entries of the document list below
		for _, part := range [][]byte{head, lengths, pointers} {
			if _, err := w[0].Write(part); err != nil {
				return err
			}
		}
		for i := range count + 1 { // document i is sequence i alone
			if _, err := w[0].Write(binary.LittleEndian.AppendUint64(nil, i)); err != nil {
				return err
			}
		}
		return nil
	})
}

// several fills files that appear when write has returned without an error.
func several(paths []string, write func([]*bufio.Writer) error) error {
	return open(paths, nil, write)
}

func open(paths []string, opened []*bufio.Writer, write func([]*bufio.Writer) error) error {
	if len(paths) == 0 {
		return write(opened)
	}
	return atomicfile.Stream(paths[0], func(f io.Writer) error {
		w := bufio.NewWriterSize(f, 1<<16)
		if err := open(paths[1:], append(opened, w), write); err != nil {
			return err
		}
		return w.Flush()
	})
}

// appendIDs appends ids in 2 or 4 bytes each.
func appendIDs(b []byte, ids []uint32, width int) []byte {
	for _, id := range ids {
		if width == 2 {
			b = binary.LittleEndian.AppendUint16(b, uint16(id))
		} else {
			b = binary.LittleEndian.AppendUint32(b, id)
		}
	}
	return b
}

// metric writes a count with three digits and a prefix of thousands, as datatrove does for people: 1.50 kT.
func metric(n float64) string {
	exponent := 0
	if n > 0 {
		exponent = int(math.Floor(math.Log10(n)))
	}
	prefix := ""
	if k := min(exponent/3, 8); k > 0 {
		prefix = "kMGTPEZY"[k-1 : k]
		n /= math.Pow(1000, float64(k))
	}
	return fmt.Sprintf("%.*f %sT", 2-exponent%3, n, prefix)
}
