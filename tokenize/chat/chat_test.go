package chat

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
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

// encoderOf returns the encoder of a tokenizer family, nil when the template has none or its file is not there.
func encoderOf(t *testing.T, dir, family string) *tokenize.Encoder {
	path := filepath.Join(dir, "..", "..", family, "tokenizer.json.zst")
	if _, err := os.Stat(path); family == "" || err != nil {
		return nil
	}
	tok, err := tokenize.Load(path)
	if err != nil {
		t.Logf("ids are not compared: %v", err)
		return nil
	}
	return tok.Encoder()
}

func testVector(t *testing.T, tmpl *Template, encoder *tokenize.Encoder, v vector) {
	messages := make([]Message, len(v.Messages))
	for i, m := range v.Messages {
		messages[i].JSON = m
	}
	tools := []byte(v.Tools)
	if len(tools) == 0 || string(tools) == "null" {
		tools = nil
	}
	text, _, err := tmpl.Render(messages, tools, v.Prompt)
	if (err != nil) != (v.Error != "") {
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
	if v.Prompt {
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
	if encoder == nil || v.IDs == nil {
		return
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
