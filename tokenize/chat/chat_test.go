package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"winnow/internal/shared"
	"winnow/tokenize"
)

// vector is one conversation of tokenizers/chat.
type vector struct {
	ID       int               `json:"id"`
	Messages []json.RawMessage `json:"messages"`
	Tools    json.RawMessage   `json:"tools"`
	Prompt   bool              `json:"add_generation_prompt"`
	Text     string            `json:"text"`
	Error    string            `json:"error"`
	Spans    [][2]int          `json:"assistant_char_spans"`
	Rule     string            `json:"mask_rule"`
	IDs      []uint32          `json:"ids"`
	Mask     string            `json:"mask"`
}

// TestChatTemplates renders every conversation of every template and compares text, spans and mask with those of transformers.
func TestChatTemplates(t *testing.T) {
	dir := filepath.Join(shared.Dir(t), "tokenizers", "chat")
	folders, err := os.ReadDir(dir)
	if err != nil {
		t.Skipf("skipped: %v", err)
	}
	for _, f := range folders {
		t.Run(f.Name(), func(t *testing.T) { testTemplate(t, filepath.Join(dir, f.Name())) })
	}
}

func testTemplate(t *testing.T, dir string) {
	t.Parallel()
	var meta struct {
		Tokenizer string `json:"tokenizer"`
		BOS       string `json:"bos_token"`
		EOS       string `json:"eos_token"`
	}
	data, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &meta); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(dir, "template.jinja"))
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := Parse(string(source), Options{BOS: meta.BOS, EOS: meta.EOS})
	if err != nil {
		t.Fatal(err)
	}
	encoder := encoderOf(t, dir, meta.Tokenizer)
	rows, err := shared.Read(filepath.Join(dir, "vectors.jsonl.zst"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range bytes.Lines(rows) {
		var v vector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		n++
		testVector(t, tmpl, encoder, v)
	}
	if n == 0 {
		t.Error("no vectors")
	}
}

// tokenizers are loaded once: several templates share one.
var tokenizers struct {
	sync.Mutex
	byPath map[string]*tokenize.Tokenizer
}

// encoderOf returns the encoder of a tokenizer family, nil when the template has none.
func encoderOf(t *testing.T, dir, family string) *tokenize.Encoder {
	path := filepath.Join(dir, "..", "..", family, "tokenizer.json.zst")
	if family == "qwen3" {
		path = qwen3(t, dir)
	}
	if _, err := os.Stat(path); family == "" || err != nil {
		return nil
	}
	tokenizers.Lock()
	defer tokenizers.Unlock()
	tok := tokenizers.byPath[path]
	if tok == nil {
		var err error
		if tok, err = tokenize.Load(path); err != nil {
			t.Fatal(err)
		}
		if tokenizers.byPath == nil {
			tokenizers.byPath = map[string]*tokenize.Tokenizer{}
		}
		tokenizers.byPath[path] = tok
	}
	return tok.Encoder()
}

// qwen3 writes Qwen2.5's tokenizer with the added tokens of the folder's tokenizer_config.json, which is what Qwen3 uses.
func qwen3(t *testing.T, dir string) string {
	data, err := shared.Read(filepath.Join(dir, "..", "..", "qwen2.5", "tokenizer.json.zst"))
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]json.RawMessage
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if data, err = os.ReadFile(filepath.Join(dir, "tokenizer_config.json")); err != nil {
		t.Fatal(err)
	}
	var config struct {
		Added map[int]map[string]any `json:"added_tokens_decoder"`
	}
	if err := json.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	var added []map[string]any
	for _, id := range slices.Sorted(maps.Keys(config.Added)) {
		token := config.Added[id]
		token["id"] = id
		added = append(added, token)
	}
	if file["added_tokens"], err = json.Marshal(added); err != nil {
		t.Fatal(err)
	}
	if data, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func testVector(t *testing.T, tmpl *Template, encoder *tokenize.Encoder, v vector) {
	messages := make([]Message, len(v.Messages))
	for i, m := range v.Messages {
		messages[i].JSON = m
	}
	tools := []byte(v.Tools)
	text, _, err := tmpl.Render(messages, tools, v.Prompt)
	var raised *Raised
	if v.Error != "" && (!errors.As(err, &raised) || "TemplateError: "+raised.Message != v.Error) || v.Error == "" && err != nil {
		t.Errorf("conversation %d: error %v, wanted %q", v.ID, err, v.Error)
		return
	}
	if err != nil {
		return
	}
	if text != v.Text {
		t.Errorf("conversation %d:\ngot  %q\nwant %q", v.ID, text, v.Text)
		return
	}
	_, spans, rule, err := tmpl.Mask(messages, tools)
	if want, _, _ := strings.Cut(v.Rule, ":"); rule != want {
		t.Errorf("conversation %d: rule %s (%v), want %s", v.ID, rule, err, v.Rule)
		return
	}
	if got := inCharacters(text, spans); rule != ByNone && !sameSpans(got, v.Spans) {
		t.Errorf("conversation %d: spans %v, want %v", v.ID, got, v.Spans)
	}
	if v.IDs == nil {
		return
	}
	if encoder == nil {
		t.Fatal("there is no tokenizer to compare the ids with")
	}
	ids, at := encoder.EncodeSpans([]byte(text))
	if len(ids) != len(v.IDs) {
		t.Errorf("conversation %d: %d ids, want %d", v.ID, len(ids), len(v.IDs))
		return
	}
	for i := range ids {
		if ids[i] != v.IDs[i] {
			t.Errorf("conversation %d: id %d is %d, want %d", v.ID, i, ids[i], v.IDs[i])
			return
		}
	}
	if rule == ByNone || v.Mask == "" {
		return
	}
	for i, label := range Labels(at, spans) {
		if label != (v.Mask[i] == '1') {
			t.Errorf("conversation %d: label of token %d is %v, want %c", v.ID, i, label, v.Mask[i])
			return
		}
	}
}

// inCharacters counts spans in characters.
func inCharacters(text string, spans []Span) [][2]int {
	var out [][2]int
	for _, s := range spans {
		from := utf8.RuneCountInString(text[:s.Start])
		out = append(out, [2]int{from, from + utf8.RuneCountInString(text[s.Start:s.End])})
	}
	return out
}

func sameSpans(a, b [][2]int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
