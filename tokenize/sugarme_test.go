package tokenize

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// homeMade is a WordLevel file with holes in its ids, which Load refuses.
const homeMade = `{"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"Whitespace"},
"post_processor":null,"decoder":null,"model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[UNK]":0,"Hello":1,"world":2,"a":3,"b":5}}}`

func TestSugarme(t *testing.T) {
	write := func(content string) string {
		path := filepath.Join(t.TempDir(), "tokenizer.json")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if _, err := LoadSugarme(write(strings.Replace(homeMade, `"b":5`, `"b":4`, 1))); err == nil || !strings.Contains(err.Error(), "encodes exactly") {
		t.Errorf("a file that Load knows: error %v", err)
	}
	if _, err := LoadSugarme(write(`{"model":{"type":"Mamba"}}`)); err == nil || !strings.Contains(err.Error(), "engine sugarme") {
		t.Errorf("a file that nobody knows: error %v", err)
	}
	path := write(homeMade)
	if _, err := Load(path); err == nil {
		t.Fatal("Load takes the home-made file")
	}
	s, err := LoadSugarme(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Encode(nil, []byte("Hello a world"))
	if err != nil || len(got) != 3 || got[0] != 1 || got[1] != 3 || got[2] != 2 {
		t.Errorf("ids %v, error %v", got, err)
	}
}
