// Package tokenize turns text into token ids and back, exactly as Hugging Face `tokenizers` does for the same tokenizer.json, and trains
// byte-level BPE vocabularies.
//
// Start at [Load], which reads a tokenizer.json of any supported family (byte-level and sentencepiece-style BPE, WordPiece, Unigram, WordLevel),
// and at [Tokenizer.Encoder], which gives one goroutine its encoder. [TrainBPE] makes a new vocabulary. The reference for ids, offsets and decoded
// text is Hugging Face tokenizers 0.23.3; an encoder is a pipeline of the stages a tokenizer.json names:
//
//	text ─► added tokens ─► normaliser ─► added tokens ─► pre-tokenizer ─► model ─► ids ─► post-processor
//
// One file holds one stage: added.go, normalize.go, pretokenize.go, bpe.go, unigram.go, wordpiece.go, post.go, decode.go.
package tokenize

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxFileBytes bounds what Load reads (decompressed). The largest published tokenizer.json files are about 35 MB.
const maxFileBytes = 1 << 30

// Tokenizer holds the read-only tables of one tokenizer.json. It is safe for use by many goroutines; each takes its own [Encoder].
type Tokenizer struct {
	raw    []byte
	tokens []string // by id; "" where an id has no token
	ids    map[string]uint32
	// specialIDs marks added tokens flagged special.
	specialIDs map[uint32]bool

	added *addedVocabulary
	norm  normalizer // nil: none
	pre   []preTokenizer
	scan  scanner // the whole pre-tokenizer as one scanner over UTF-8, or nil
	model model
	dec   decoder // nil: tokens joined with a space
	post  postProcessor
}

// Load reads a tokenizer.json, also compressed as .zst. A normaliser, pre-tokenizer, model, decoder or post-processor of a type this package does
// not know is an error that names it, as is a vocabulary that contradicts itself.
func Load(path string) (*Tokenizer, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read tokenizer: %w", err)
	}
	t, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer %s: %w", path, err)
	}
	return t, nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var r io.Reader = f
	if strings.HasSuffix(path, ".zst") {
		dec, err := zstd.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		defer dec.Close()
		r = dec
	}
	var buf bytes.Buffer
	n, err := io.Copy(&buf, io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if n > maxFileBytes {
		return nil, fmt.Errorf("%s is larger than %d bytes: not a tokenizer.json", path, maxFileBytes)
	}
	return buf.Bytes(), nil
}

// VocabSize returns the number of ids: one more than the largest id, added tokens included.
func (t *Tokenizer) VocabSize() int { return len(t.tokens) }

// ID returns the id of a token as it is written in tokenizer.json ("Ġthe", "▁the", "<|im_end|>").
func (t *Tokenizer) ID(token string) (uint32, bool) {
	id, ok := t.ids[token]
	return id, ok
}

// Token returns the token of an id as it is written in tokenizer.json, or "" for an id without a token.
func (t *Tokenizer) Token(id uint32) string {
	if int64(id) >= int64(len(t.tokens)) {
		return ""
	}
	return t.tokens[id]
}

// Special reports whether id is an added token flagged special (left out of decoded text, and never produced by [Encoder.EncodePlain]).
func (t *Tokenizer) Special(id uint32) bool { return t.specialIDs[id] }

// JSON returns the tokenizer.json as loaded or trained, for writing beside a model. The caller must not change it.
func (t *Tokenizer) JSON() []byte { return t.raw }
