package tokenize

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"winnow/internal/shared"
)

// vector is a row of vectors.jsonl: what Hugging Face tokenizers makes of a text.
type vector struct {
	ID          int        `json:"id"`
	Cat         string     `json:"cat"`
	Text        string     `json:"text"`
	RawB64      string     `json:"raw_b64"`
	IDs         []uint32   `json:"ids"`
	CharOffsets [][2]int32 `json:"char_offsets"`
	IDsSpecial  []uint32   `json:"ids_special"`
	Decode      string     `json:"decode"`
	DecodeSkip  string     `json:"decode_skip"`
}

func readVectors(t testing.TB, name string) []vector {
	t.Helper()
	var out []vector
	for line := range bytes.Lines(shared.Open(t, name)) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var v vector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out = append(out, v)
	}
	return out
}

// families lists the folders of the shared tokenizers that hold a tokenizer.json.
func families(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(shared.Dir(t), "tokenizers", "*", "tokenizer.json.zst"))
	if err != nil || len(paths) == 0 {
		t.Skipf("no tokenizer.json.zst in the shared folder (%v)", err)
	}
	for i, p := range paths {
		paths[i] = filepath.Dir(p)
	}
	return paths
}

// TestVectorsOfEveryFamily compares ids, offsets and decoded text with Hugging Face's on every string of every family.
func TestVectorsOfEveryFamily(t *testing.T) {
	for _, dir := range families(t) {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok, err := Load(filepath.Join(dir, "tokenizer.json.zst"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "vectors.jsonl.zst")); err != nil {
				t.Skip("no vectors")
			}
			checkVectors(t, tok, readVectors(t, "tokenizers/"+name+"/vectors.jsonl.zst"))
		})
	}
}

func checkVectors(t *testing.T, tok *Tokenizer, vectors []vector) {
	e := tok.Encoder()
	bad := map[string]int{}
	report := func(kind string, v *vector, got, want any) {
		bad[kind]++
		if bad[kind] <= 5 {
			t.Errorf("row %d (%s), %s: got %v, want %v\ntext %q", v.ID, v.Cat, kind, got, want, v.Text)
		}
	}
	for i := range vectors {
		v := &vectors[i]
		text := []byte(v.Text)
		if v.RawB64 != "" {
			raw, err := base64.StdEncoding.DecodeString(v.RawB64)
			if err != nil {
				t.Fatal(err)
			}
			text = raw
		}
		for range 2 { // the second time from the word cache
			if got := e.Encode(nil, text); !slices.Equal(got, v.IDs) {
				report("ids", v, got, v.IDs)
			}
		}
		ids, spans := e.EncodeSpans(text)
		if !slices.Equal(ids, v.IDs) {
			report("ids with spans", v, ids, v.IDs)
		} else if got := charOffsets(v.Text, spans); !slices.Equal(got, v.CharOffsets) {
			report("offsets", v, got, v.CharOffsets)
		}
		if got := e.EncodeSpecial(text); !slices.Equal(got, v.IDsSpecial) {
			report("ids_special", v, got, v.IDsSpecial)
		}
		if got := tok.Decode(v.IDs, false); got != v.Decode {
			report("decode", v, got, v.Decode)
		}
		if got := tok.Decode(v.IDsSpecial, true); got != v.DecodeSkip {
			report("decode_skip", v, got, v.DecodeSkip)
		}
	}
	for kind, n := range bad {
		t.Errorf("%s: %d of %d rows differ", kind, n, len(vectors))
	}
}

// charOffsets turns byte offsets into character offsets.
func charOffsets(text string, spans [][2]int32) [][2]int32 {
	index := make([]int32, len(text)+1)
	n := int32(0)
	for i := range len(text) {
		if utf8.RuneStart(text[i]) && i > 0 {
			n++
		}
		index[i] = n
	}
	if len(text) > 0 {
		n++
	}
	index[len(text)] = n
	out := make([][2]int32, len(spans))
	for i, s := range spans {
		out[i] = [2]int32{index[s[0]], index[s[1]]}
	}
	return out
}
