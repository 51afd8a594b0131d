package tokenize

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/sugarme/tokenizer"
	"github.com/sugarme/tokenizer/pretrained"
)

// Sugarme encodes with github.com/sugarme/tokenizer: the opt-in for home-made files that [Load] does not know. On the known families its ids equal Hugging
// Face's on 28 to 93 % of strings only and it panics on some, so it is never chosen by itself, refuses files that Load knows, checks itself when a file is
// loaded, and turns panics into errors. It is 5 to 16 times slower than Hugging Face's tokenizers. Not safe for use by several goroutines at a time.
type Sugarme struct {
	tok  *tokenizer.Tokenizer
	size int
}

// selfCheckTexts are encoded twice when a file is loaded.
var selfCheckTexts = []string{"Hello world", "a", " two  spaces\n\nand lines", "It's 12,345.67 (or so)!", "naïve café", "中文，测试。", "👩‍👩‍👧 emoji", "\u0301\u200b\t"}

// LoadSugarme reads a tokenizer.json with the sugarme engine.
func LoadSugarme(path string) (*Sugarme, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read tokenizer: %w", err)
	}
	if _, err := Parse(data); err == nil {
		return nil, fmt.Errorf("tokenizer %s: engine sugarme is for files that the built-in engine does not know; this one it encodes exactly: leave the engine out", path)
	}
	s := &Sugarme{}
	err = guarded(func() (err error) {
		if s.tok, err = pretrained.FromReader(bytes.NewReader(data)); err != nil {
			return err
		}
		s.size = s.tok.GetVocabSize(true)
		return s.selfCheck()
	})
	if err != nil {
		return nil, fmt.Errorf("tokenizer %s, engine sugarme: %w", path, err)
	}
	return s, nil
}

// guarded runs f and turns a panic into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic in github.com/sugarme/tokenizer: %v", r)
		}
	}()
	return f()
}

// selfCheck encodes a handful of texts: twice the same ids, all of them in the vocabulary, and something for every text with letters.
func (s *Sugarme) selfCheck() error {
	if s.size == 0 {
		return errors.New("self-check: the vocabulary is empty")
	}
	for i, text := range selfCheckTexts {
		first, err := s.Encode(nil, []byte(text))
		if err != nil {
			return fmt.Errorf("self-check: %w", err)
		}
		again, err := s.Encode(nil, []byte(text))
		if err != nil {
			return fmt.Errorf("self-check: %w", err)
		}
		if !slices.Equal(first, again) {
			return fmt.Errorf("self-check: %q gives %v, then %v", text, first, again)
		}
		if i < 2 && len(first) == 0 {
			return fmt.Errorf("self-check: %q gives no ids", text)
		}
	}
	return nil
}

// Encode appends the ids of text, without special tokens. An error says that the engine failed on this text; dst is then returned unchanged.
func (s *Sugarme) Encode(dst []uint32, text []byte) ([]uint32, error) {
	out := dst
	err := guarded(func() error {
		enc, err := s.tok.EncodeSingle(string(appendValid(nil, text)), false)
		if err != nil {
			return err
		}
		for _, id := range enc.GetIds() {
			if id < 0 || id >= s.size {
				return fmt.Errorf("id %d lies outside the vocabulary of %d", id, s.size)
			}
			out = append(out, uint32(id))
		}
		return nil
	})
	if err != nil {
		return dst, fmt.Errorf("encode %.40q: %w", text, err)
	}
	return out, nil
}

// Decode turns ids back into text.
func (s *Sugarme) Decode(ids []uint32, skipSpecial bool) (text string, err error) {
	list := make([]int, len(ids))
	for i, id := range ids {
		list[i] = int(id)
	}
	err = guarded(func() error {
		text = s.tok.Decode(list, skipSpecial)
		return nil
	})
	return text, err
}

// VocabSize returns the number of ids.
func (s *Sugarme) VocabSize() int { return s.size }
