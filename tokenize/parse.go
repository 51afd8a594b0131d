package tokenize

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// file is a tokenizer.json; the parts whose form depends on their type are parsed by the stage that owns them. Truncation and padding are left out:
// cutting and padding rows is the packer's business.
type file struct {
	AddedTokens   []addedToken   `json:"added_tokens"`
	Normalizer    jsontext.Value `json:"normalizer"`
	PreTokenizer  jsontext.Value `json:"pre_tokenizer"`
	PostProcessor jsontext.Value `json:"post_processor"`
	Decoder       jsontext.Value `json:"decoder"`
	Model         jsontext.Value `json:"model"`
}

// maxID bounds ids, and idLimit bounds them by the number of tokens that a file holds, so that a small file cannot ask for a large table.
const maxID = 1 << 24

func idLimit(tokens int) int { return min(maxID, 64*(tokens+1024)) }

// Parse reads the content of a tokenizer.json; see [Load].
func Parse(data []byte) (*Tokenizer, error) {
	initClasses()
	var f file
	if err := unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("not a tokenizer.json: %w", err)
	}
	if isNull(f.Model) {
		return nil, errors.New(`not a tokenizer.json: it has no "model"`)
	}
	t := &Tokenizer{raw: data}
	pre, err := parsePreTokenizer(f.PreTokenizer)
	if err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if t.pre, t.scan, err = compilePreTokenizer(pre); err != nil {
		return nil, fmt.Errorf("pre_tokenizer: %w", err)
	}
	if t.norm, err = parseNormalizer(f.Normalizer); err != nil {
		return nil, fmt.Errorf("normalizer: %w", err)
	}
	m, v, err := parseModel(f.Model, endsInByteLevel(pre))
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	t.model = m
	if err := t.setVocabulary(v, f.AddedTokens); err != nil {
		return nil, err
	}
	if t.added, err = newAddedVocabulary(t, f.AddedTokens); err != nil {
		return nil, fmt.Errorf("added_tokens: %w", err)
	}
	if t.dec, err = parseDecoder(f.Decoder); err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	if t.post, err = parsePostProcessor(f.PostProcessor, t); err != nil {
		return nil, fmt.Errorf("post_processor: %w", err)
	}
	return t, nil
}

// setVocabulary joins the model's vocabulary and the added tokens into the two tables, and refuses what contradicts itself.
func (t *Tokenizer) setVocabulary(v vocabulary, added []addedToken) error {
	t.tokens, t.ids = v.tokens, v.ids
	t.specialIDs = map[uint32]bool{}
	base := len(v.tokens)
	isAdded := map[uint32]bool{}
	for i, a := range added {
		if a.Content == "" {
			return fmt.Errorf("added_tokens: entry %d has no content", i)
		}
		if limit := idLimit(len(t.ids) + len(added)); int64(a.ID) > int64(limit) {
			return fmt.Errorf("added_tokens: %q has id %d, over the limit of %d for a file of %d tokens", a.Content, a.ID, limit, len(t.ids)+len(added))
		}
		if id, ok := t.ids[a.Content]; ok && id != a.ID {
			return fmt.Errorf("added_tokens: %q has id %d, but the vocabulary gives it id %d", a.Content, a.ID, id)
		}
		if int(a.ID) < len(t.tokens) {
			if have := t.tokens[a.ID]; have != "" && have != a.Content {
				return fmt.Errorf("added_tokens: %q has id %d, which is the id of %q", a.Content, a.ID, have)
			}
		} else {
			t.tokens = append(t.tokens, make([]string, int(a.ID)+1-len(t.tokens))...)
		}
		t.tokens[a.ID], t.ids[a.Content] = a.Content, a.ID
		isAdded[a.ID] = true
		if a.Special {
			t.specialIDs[a.ID] = true
		}
	}
	// A hole below the last token of the model means a damaged file; only added tokens may lie further up (OpenAI's vocabularies do so).
	hole := slices.Index(t.tokens[:base], "")
	if hole >= 0 && !v.hasEmpty {
		for id := hole; id < base; id++ {
			if t.tokens[id] != "" && !isAdded[uint32(id)] {
				return fmt.Errorf("model: the vocabulary has no token with id %d, but %q has id %d", hole, t.tokens[id], id)
			}
		}
	}
	return nil
}

// vocabulary is what a model's "vocab" holds.
type vocabulary struct {
	tokens   []string
	ids      map[string]uint32
	hasEmpty bool // the empty string is a token
}

// parseVocab reads {"token": id, …}.
func parseVocab(raw jsontext.Value) (vocabulary, error) {
	if raw.Kind() != '{' {
		return vocabulary{}, errors.New(`"vocab" is not an object of tokens and ids`)
	}
	n := bytes.Count(raw, []byte{':'}) // at least the number of tokens
	v := vocabulary{tokens: make([]string, 0, n), ids: make(map[string]uint32, n)}
	s := rawScanner{raw}
	s.skip('{')
	for s.more('}') {
		token, err := s.str()
		if err != nil {
			return v, err
		}
		s.skip(':')
		id, err := s.uint()
		if err != nil {
			return v, fmt.Errorf("vocab: token %q: %w", token, err)
		}
		if int(id) > idLimit(n) {
			return v, fmt.Errorf("vocab: token %q has id %d, over the limit of %d for a file of this size", token, id, idLimit(n))
		}
		if old, ok := v.ids[token]; ok {
			return v, fmt.Errorf("vocab: token %q is there twice, with ids %d and %d", token, old, id)
		}
		for int(id) >= len(v.tokens) {
			v.tokens = append(v.tokens, "")
		}
		if have := v.tokens[id]; have != "" {
			return v, fmt.Errorf("vocab: id %d belongs to both %q and %q", id, have, token)
		}
		v.tokens[id] = token
		v.ids[token] = id
		v.hasEmpty = v.hasEmpty || token == ""
	}
	return v, nil
}

// rawScanner walks a JSON value whose syntax has been checked, without the cost of a general decoder: vocabularies hold up to a million entries.
type rawScanner struct{ b []byte }

func (s *rawScanner) space() {
	for len(s.b) > 0 && (s.b[0] == ' ' || s.b[0] == '\n' || s.b[0] == '\t' || s.b[0] == '\r') {
		s.b = s.b[1:]
	}
}

// skip passes one punctuation character.
func (s *rawScanner) skip(c byte) {
	s.space()
	if len(s.b) > 0 && s.b[0] == c {
		s.b = s.b[1:]
	}
}

// more reports whether another element follows, and passes the comma before it.
func (s *rawScanner) more(end byte) bool {
	s.space()
	if len(s.b) > 0 && s.b[0] == ',' {
		s.b = s.b[1:]
		s.space()
	}
	return len(s.b) > 0 && s.b[0] != end
}

func (s *rawScanner) peek() byte {
	s.space()
	if len(s.b) == 0 {
		return 0
	}
	return s.b[0]
}

func (s *rawScanner) str() (string, error) {
	s.space()
	if len(s.b) == 0 || s.b[0] != '"' {
		return "", fmt.Errorf("expected a string, found %.20q", s.b)
	}
	for i := 1; i < len(s.b); i++ {
		switch s.b[i] {
		case '"':
			out := string(s.b[1:i])
			s.b = s.b[i+1:]
			return out, nil
		case '\\':
			for i++; i < len(s.b); i++ {
				if s.b[i] == '\\' {
					i++
				} else if s.b[i] == '"' {
					break
				}
			}
			// The first escape may itself be an escaped quote or backslash: let the JSON package find the end.
			n := stringEnd(s.b)
			out, err := jsontext.AppendUnquote(nil, s.b[:n])
			s.b = s.b[n:]
			return string(out), err
		}
	}
	return "", errors.New("unfinished string")
}

// stringEnd returns the end of the JSON string at the start of b.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func (s *rawScanner) number() []byte {
	s.space()
	n := 0
	for n < len(s.b) && (s.b[n] >= '0' && s.b[n] <= '9' || bytes.IndexByte([]byte("+-.eE"), s.b[n]) >= 0) {
		n++
	}
	out := s.b[:n]
	s.b = s.b[n:]
	return out
}

func (s *rawScanner) uint() (uint32, error) {
	digits := s.number()
	if len(digits) == 0 {
		return 0, fmt.Errorf("expected an id, found %.20q", s.b)
	}
	id := 0
	for _, c := range digits {
		if c < '0' || c > '9' || id > maxID {
			return 0, fmt.Errorf("id %s is not a whole number from 0 to %d", digits, maxID)
		}
		id = id*10 + int(c-'0')
	}
	if id > maxID {
		return 0, fmt.Errorf("id %s is not a whole number from 0 to %d", digits, maxID)
	}
	return uint32(id), nil
}

// unmarshal reads JSON leniently about duplicate names: the vocabulary reader reports those with both ids.
func unmarshal(data []byte, into any) error {
	return json.Unmarshal(data, into, jsontext.AllowDuplicateNames(true))
}

func isNull(v jsontext.Value) bool { return len(v) == 0 || v.Kind() == 'n' }

// typeOf returns the "type" of a stage.
func typeOf(v jsontext.Value) (string, error) {
	var t struct {
		Type string `json:"type"`
	}
	if err := unmarshal(v, &t); err != nil {
		return "", err
	}
	return t.Type, nil
}

// parseModel reads the model; files of before 2021 leave out its type, which its fields then tell.
func parseModel(raw jsontext.Value, byteLevel bool) (model, vocabulary, error) {
	var m modelJSON
	if err := unmarshal(raw, &m); err != nil {
		return nil, vocabulary{}, err
	}
	kind := m.Type
	if kind == "" {
		switch {
		case !isNull(m.Merges):
			kind = "BPE"
		case m.Vocab.Kind() == '[':
			kind = "Unigram"
		case m.MaxInputChars != nil:
			kind = "WordPiece"
		default:
			kind = "WordLevel"
		}
	}
	switch kind {
	case "BPE":
		return newBPE(&m, byteLevel)
	}
	if byteLevel {
		return nil, vocabulary{}, fmt.Errorf("a %s model behind a ByteLevel pre-tokenizer is not supported", kind)
	}
	switch kind {
	case "Unigram":
		return newUnigram(&m)
	case "WordPiece":
		return newWordPiece(&m)
	case "WordLevel":
		return newWordLevel(&m)
	}
	return nil, vocabulary{}, fmt.Errorf("unknown model type %q", kind)
}

// modelJSON holds the fields of every model type.
type modelJSON struct {
	Type          string         `json:"type"`
	Vocab         jsontext.Value `json:"vocab"`
	Merges        jsontext.Value `json:"merges"`
	Unk           *string        `json:"unk_token"`
	UnkID         *uint32        `json:"unk_id"`
	Dropout       *float64       `json:"dropout"`
	Prefix        *string        `json:"continuing_subword_prefix"`
	Suffix        *string        `json:"end_of_word_suffix"`
	MaxInputChars *int           `json:"max_input_chars_per_word"`
	FuseUnk       bool           `json:"fuse_unk"`
	ByteFallback  bool           `json:"byte_fallback"`
	IgnoreMerges  bool           `json:"ignore_merges"`
}
