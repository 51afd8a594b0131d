package language

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:embed model/languages.bin.zst
var packed []byte

// Model weighs the n-grams of words for the languages of one script. Weights are log-likelihood ratios against the mean language, in steps of 1/Scale nats.
type Model struct {
	Languages []string
	Bits      int    // the table has 1<<Bits rows of len(Languages) weights
	Weights   []int8 // [1<<Bits, languages]

	rows []uint64 // the weights plus 128, padded to 32 bytes a row, for sums of eight at a time
}

// rowWords is how many 64-bit words hold a row's weights.
const rowWords = maxLanguages / 8

// lay lays the weights out for add.
func (m *Model) lay() {
	n := len(m.Languages)
	m.rows = make([]uint64, rowWords<<m.Bits)
	for row := range 1 << m.Bits {
		for l := range n {
			m.rows[row*rowWords+l/8] |= uint64(uint8(int(m.Weights[row*n+l])+128)) << (8 * (l % 8))
		}
	}
}

// sum adds up the weights of a word's n-grams. Bytes are added as pairs of 16-bit lanes in one register: a word has at most 102 n-grams, and 102 × 255 fits.
func (m *Model) sum(word []rune, into *[maxLanguages]int16) {
	const lanes = 0x00FF00FF00FF00FF
	var even, odd [rowWords]uint64
	grams := int16(0)
	Grams(word, m.Bits, func(row uint32) {
		r := (*[rowWords]uint64)(m.rows[int(row)*rowWords:])
		for k, x := range r {
			even[k] += x & lanes
			odd[k] += x >> 8 & lanes
		}
		grams++
	})
	bias := 128 * grams
	for l := range maxLanguages {
		x := even[l/8]
		if l%2 == 1 {
			x = odd[l/8]
		}
		into[l] = int16(uint16(x>>(16*(l%8/2)))) - bias
	}
}

// Scale is how many steps of a weight make one nat.
const Scale = 16

// maxLanguages is how many languages one model may tell apart: what the scorer's fixed vectors hold.
const maxLanguages = 32

// Scripts that need a model: elsewhere the script settles the language.
const (
	latin = iota
	cyrillic
	arabic
	scripts
)

// models unpacks the embedded models on first use.
var models = sync.OnceValues(func() ([]*Model, error) {
	dec, err := zstd.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	return ReadModels(dec)
})

// WriteModels writes models one after the other: the languages with commas, a zero byte, the number of bits, the weights.
func WriteModels(w io.Writer, list []*Model) error {
	for _, m := range list {
		if _, err := w.Write(append([]byte(strings.Join(m.Languages, ",")), 0, byte(m.Bits))); err != nil {
			return err
		}
		if err := binary.Write(w, binary.LittleEndian, m.Weights); err != nil {
			return err
		}
	}
	return nil
}

// ReadModels reads what WriteModels wrote.
func ReadModels(r io.Reader) ([]*Model, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("language model: %w", err)
	}
	var out []*Model
	for len(data) > 0 {
		i := bytes.IndexByte(data, 0)
		if i < 0 || i+2 > len(data) || data[i+1] > 20 {
			return nil, fmt.Errorf("language model %d is cut off", len(out))
		}
		m := &Model{Languages: strings.Split(string(data[:i]), ","), Bits: int(data[i+1])}
		data = data[i+2:]
		n := len(m.Languages) << m.Bits
		if n > len(data) || len(m.Languages) > maxLanguages {
			return nil, fmt.Errorf("language model %d promises %d weights of %d languages", len(out), n, len(m.Languages))
		}
		m.Weights = make([]int8, n)
		for k := range m.Weights {
			m.Weights[k] = int8(data[k])
		}
		data = data[n:]
		m.lay()
		out = append(out, m)
	}
	if len(out) != scripts {
		return nil, fmt.Errorf("language model: %d scripts, want %d", len(out), scripts)
	}
	return out, nil
}

// Grams calls visit with the table row of every n-gram of a word: its characters in lower case with a border on both sides, runs of one to four, and the whole word. The
// row's index has bits bits.
func Grams(word []rune, bits int, visit func(row uint32)) {
	const border = '_'
	shift := 64 - uint(bits)
	var w [maxWord + 2]rune
	w[0] = border
	n := 1 + copy(w[1:maxWord+1], word)
	w[n] = border
	n++
	whole := uint64(0xCBF29CE484222325)
	for i := range n {
		h := uint64(0x9AE16A3B2F90404F)
		for k := i; k < min(i+4, n); k++ {
			h = (h ^ uint64(w[k])) * 0x9E3779B97F4A7C15
			if n := k - i + 1; n > 1 || w[i] != border {
				visit(uint32((h ^ uint64(n)<<40) * 0xFF51AFD7ED558CCD >> shift))
			}
		}
		whole = (whole ^ uint64(w[i])) * 0x9E3779B97F4A7C15
	}
	if n > 5 {
		visit(uint32(whole * 0xFF51AFD7ED558CCD >> shift))
	}
}

// maxWord is how many characters of a word count.
const maxWord = 24
