package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The Modelfile holds chatml's template for models that speak it, and none that would contradict the model's own.
func TestModelfile(t *testing.T) {
	for _, c := range []struct {
		name, text string
		chatML     bool
	}{
		{"chat_template.jinja", "{% for m in messages %}<|im_start|>{{ m.role }}{% endfor %}", true},
		{"chat_template.jinja", "{% for m in messages %}[INST] {{ m.content }}{% endfor %}", false},
		{"tokenizer_config.json", `{"eos_token": "</s>", "chat_template": "{{ messages }}"}`, false},
		{"tokenizer_config.json", `{"eos_token": "<|im_end|>"}`, true},
		{"other.json", "{}", true},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c.name), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got := modelfileText("m.gguf", dir)
		if !strings.HasPrefix(got, "FROM ./m.gguf\n") || strings.Contains(got, "TEMPLATE") != c.chatML {
			t.Errorf("%s %s: %q", c.name, c.text, got)
		}
	}
}
