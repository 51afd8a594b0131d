package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"winnow/train/nn"
)

// Token types of GGUF (llama.h, llama_token_type).
const (
	tokenNormal      = 1
	tokenUnknown     = 2
	tokenControl     = 3
	tokenUserDefined = 4
	tokenUnused      = 5
	tokenByte        = 6
)

// hfTokenizer is what of tokenizer.json goes into a GGUF file.
type hfTokenizer struct {
	Normalizer   jsontext.Value `json:"normalizer"`
	PreTokenizer jsontext.Value `json:"pre_tokenizer"`
	Post         jsontext.Value `json:"post_processor"`
	Added        []struct {
		ID      int    `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	Model struct {
		Type         string           `json:"type"`
		Vocab        map[string]int   `json:"vocab"`
		Merges       []jsontext.Value `json:"merges"`
		ByteFallback bool             `json:"byte_fallback"`
		Unknown      *string          `json:"unk_token"`
	} `json:"model"`
}

// tokenizer writes the tokenizer of a folder: byte-level BPE as "gpt2", BPE over "▁" with byte fallback as "llama". Others have no exact
// counterpart that we write, and are refused.
func (w *ggufWriter) tokenizer(dir string, c nn.Config) error {
	data, err := os.ReadFile(filepath.Join(dir, "tokenizer.json"))
	if err != nil {
		return err
	}
	var t hfTokenizer
	if err := json.Unmarshal(data, &t); err != nil {
		return fmt.Errorf("tokenizer.json: %w", err)
	}
	if t.Model.Type != "" && t.Model.Type != "BPE" || len(t.Model.Merges) == 0 {
		return fmt.Errorf("tokenizer.json: a model of type %q cannot be written to GGUF, only BPE can", t.Model.Type)
	}
	for _, v := range []*jsontext.Value{&t.Normalizer, &t.PreTokenizer, &t.Post} { // their text is searched below
		if len(*v) > 0 {
			if err := v.Compact(); err != nil {
				return fmt.Errorf("tokenizer.json: %w", err)
			}
		}
	}
	merges, err := t.merges()
	if err != nil {
		return err
	}
	tokens, types, err := t.tokens(c.VocabSize)
	if err != nil {
		return err
	}
	if byteLevel := strings.Contains(string(t.PreTokenizer), `"ByteLevel"`); byteLevel {
		pre, err := t.splitting()
		if err != nil {
			return err
		}
		w.text("tokenizer.ggml.model", "gpt2")
		w.text("tokenizer.ggml.pre", pre)
		w.tokens(tokens, types)
		w.array("tokenizer.ggml.merges", ggufString, len(merges))
		for _, m := range merges {
			w.meta = appendText(w.meta, m[0]+" "+m[1])
		}
	} else if t.Model.ByteFallback {
		w.text("tokenizer.ggml.model", "llama")
		w.text("tokenizer.ggml.pre", "default")
		w.tokens(tokens, types)
		w.scores(tokens, merges)
		prefix := strings.Contains(string(t.Normalizer), `"Prepend"`) || strings.Contains(string(t.PreTokenizer), `"prepend_scheme":"first"`) ||
			strings.Contains(string(t.PreTokenizer), `"prepend_scheme":"always"`)
		w.boolean("tokenizer.ggml.add_space_prefix", prefix)
	} else {
		return errors.New("tokenizer.json: BPE that is neither byte-level nor has byte fallback cannot be written to GGUF")
	}
	return w.special(dir, t, tokens, c)
}

// merges reads "a b" strings and ["a", "b"] pairs.
func (t hfTokenizer) merges() ([][2]string, error) {
	out := make([][2]string, len(t.Model.Merges))
	for i, raw := range t.Model.Merges {
		var pair []string
		if raw.Kind() == '"' {
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return nil, fmt.Errorf("tokenizer.json: merge %d: %w", i, err)
			}
			pair = strings.SplitN(s, " ", 2)
		} else if err := json.Unmarshal(raw, &pair); err != nil {
			return nil, fmt.Errorf("tokenizer.json: merge %d: %w", i, err)
		}
		if len(pair) != 2 {
			return nil, fmt.Errorf("tokenizer.json: merge %d is no pair: %s", i, raw)
		}
		out[i] = [2]string{pair[0], pair[1]}
	}
	return out, nil
}

// tokens lists the vocabulary by id. Ids without a token, which models pad their embedding with, get one that is never used.
func (t hfTokenizer) tokens(vocabulary int) (tokens []string, types []int32, err error) {
	tokens, types = make([]string, vocabulary), make([]int32, vocabulary)
	place := func(id int, token string, kind int32) error {
		if id < 0 || id >= vocabulary {
			return fmt.Errorf("tokenizer.json: token %q has id %d, the model's vocabulary ends at %d: tokenizer and model do not belong together", token, id, vocabulary-1)
		}
		tokens[id], types[id] = token, kind
		return nil
	}
	for token, id := range t.Model.Vocab {
		kind := int32(tokenNormal)
		if t.Model.ByteFallback && len(token) == 6 && strings.HasPrefix(token, "<0x") && token[5] == '>' {
			kind = tokenByte
		}
		if t.Model.Unknown != nil && token == *t.Model.Unknown {
			kind = tokenUnknown
		}
		if err := place(id, token, kind); err != nil {
			return nil, nil, err
		}
	}
	for _, a := range t.Added {
		kind := int32(tokenUserDefined)
		if a.Special {
			kind = tokenControl
		}
		if a.ID >= 0 && a.ID < vocabulary && types[a.ID] == tokenUnknown {
			kind = tokenUnknown
		}
		if err := place(a.ID, a.Content, kind); err != nil {
			return nil, nil, err
		}
	}
	for id := range tokens {
		if types[id] == 0 {
			tokens[id], types[id] = fmt.Sprintf("[PAD%d]", id), tokenUnused
		}
	}
	return tokens, types, nil
}

func (w *ggufWriter) tokens(tokens []string, types []int32) {
	w.array("tokenizer.ggml.tokens", ggufString, len(tokens))
	for _, t := range tokens {
		w.meta = appendText(w.meta, t)
	}
	w.array("tokenizer.ggml.token_type", ggufInt32, len(types))
	for _, t := range types {
		w.meta = binary.LittleEndian.AppendUint32(w.meta, uint32(t))
	}
}

// scores writes what the sentencepiece algorithm merges by: the higher, the earlier. A merged token's score is minus its merge's rank.
func (w *ggufWriter) scores(tokens []string, merges [][2]string) {
	rank := make(map[string]int, len(merges))
	for i, m := range merges {
		if _, ok := rank[m[0]+m[1]]; !ok {
			rank[m[0]+m[1]] = i
		}
	}
	w.array("tokenizer.ggml.scores", ggufFloat32, len(tokens))
	for _, t := range tokens {
		score := 0.0
		if r, ok := rank[t]; ok {
			score = -float64(r) - 1
		}
		w.meta = binary.LittleEndian.AppendUint32(w.meta, math.Float32bits(float32(score)))
	}
}

// splitting gives llama.cpp's name for the way text is cut before merging (llama-vocab.cpp). A rule without a name there is an error: under
// another name the model would see other tokens than it was trained on.
func (t hfTokenizer) splitting() (string, error) {
	pre := string(t.PreTokenizer)
	for _, known := range []struct{ part, name string }{
		{`\\p{N}{1,3}|`, "llama-bpe"},
		{`|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*`, "qwen2"},
	} {
		if strings.Contains(pre, `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+`) && strings.Contains(pre, known.part) {
			return known.name, nil
		}
	}
	switch split, digits, useRegex := strings.Contains(pre, `"Split"`), strings.Contains(pre, `"Digits"`), !strings.Contains(pre, `"use_regex":false`); {
	case !split && digits && useRegex && strings.Contains(pre, `"individual_digits":true`):
		return "smollm", nil
	case !split && !digits && useRegex:
		return "gpt-2", nil
	}
	return "", fmt.Errorf("tokenizer.json: llama.cpp has no name that we know for this pre_tokenizer: %.200s", pre)
}

// special writes the ids of special tokens, whether they are added, and the chat template.
func (w *ggufWriter) special(dir string, t hfTokenizer, tokens []string, c nn.Config) error {
	var conf struct {
		AddBOS   *bool          `json:"add_bos_token"`
		AddEOS   *bool          `json:"add_eos_token"`
		Template jsontext.Value `json:"chat_template"`
		BOS      jsontext.Value `json:"bos_token"`
		EOS      jsontext.Value `json:"eos_token"`
		PAD      jsontext.Value `json:"pad_token"`
	}
	data, err := os.ReadFile(filepath.Join(dir, "tokenizer_config.json"))
	if err == nil {
		if err := json.Unmarshal(data, &conf); err != nil {
			return fmt.Errorf("tokenizer_config.json: %w", err)
		}
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	first := func(ids []int) int {
		if len(ids) > 0 {
			return ids[0]
		}
		return -1
	}
	for _, s := range []struct {
		key   string
		token jsontext.Value
		id    int
	}{{"bos", conf.BOS, first(c.BOS)}, {"eos", conf.EOS, first(c.EOS)}, {"padding", conf.PAD, -1}} {
		if text := tokenText(s.token); text != "" {
			if id := slices.Index(tokens, text); id >= 0 {
				s.id = id
			}
		}
		if s.id >= 0 && s.id < len(tokens) {
			w.u32("tokenizer.ggml."+s.key+"_token_id", s.id)
		}
	}
	if t.Model.Unknown != nil {
		if id := slices.Index(tokens, *t.Model.Unknown); id >= 0 {
			w.u32("tokenizer.ggml.unknown_token_id", id)
		}
	}
	addBOS := strings.Contains(string(t.Post), `"TemplateProcessing"`)
	if conf.AddBOS != nil {
		addBOS = *conf.AddBOS
	}
	w.boolean("tokenizer.ggml.add_bos_token", addBOS)
	w.boolean("tokenizer.ggml.add_eos_token", conf.AddEOS != nil && *conf.AddEOS)
	template, err := os.ReadFile(filepath.Join(dir, "chat_template.jinja"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	text := string(template)
	if text == "" && conf.Template.Kind() == '"' {
		if err := json.Unmarshal(conf.Template, &text); err != nil {
			return fmt.Errorf("tokenizer_config.json: chat_template: %w", err)
		}
	}
	if text != "" {
		w.text("tokenizer.chat_template", text)
	}
	return nil
}

// tokenText reads a token given as a string or as an object with content; "" when there is none.
func tokenText(v jsontext.Value) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	var o struct {
		Content string `json:"content"`
	}
	if json.Unmarshal(v, &o) == nil {
		return o.Content
	}
	return ""
}
