package tokenize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// hfVersion is the reference's version.
const hfVersion = "0.23.3"

// python returns a Python that may hold Hugging Face tokenizers: $WINNOW_PYTHON, else the repository's .venv.
func python(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("WINNOW_PYTHON"); p != "" {
		return p
	}
	p, err := filepath.Abs("../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); err != nil {
		t.Skipf("skipped: no Python with tokenizers==%s (set WINNOW_PYTHON, or make .venv at the repository's root)", hfVersion)
	}
	return p
}

type trainRequest struct {
	VocabSize int      `json:"vocab_size"`
	MinCount  int      `json:"min_count"`
	Special   []string `json:"special"`
	Split     *string  `json:"split"`
	Digits    bool     `json:"digits"`
	Texts     []string `json:"texts"`
	Tokenizer string   `json:"tokenizer"`
	Samples   []string `json:"samples"`
}

type trainAnswer struct {
	Merges [][]string        `json:"merges"`
	Vocab  map[string]uint32 `json:"vocab"`
	IDs    [][]uint32        `json:"ids"`
}

// madeTexts writes documents of made-up words whose frequencies fall like natural ones, in Latin and Han script, with digits and odd white space.
func madeTexts(n int, seed uint64) []string {
	rng := rand.New(rand.NewPCG(seed, 1))
	syllables := strings.Fields("ba ko ri ten shu la mo ve st ar in ou er qu é ña ß 中 文 字 符 的 了 人 大 国 学 生 是 在 有 我 他 这 个")
	words := make([]string, 3000)
	for i := range words {
		for range 1 + rng.IntN(4) {
			words[i] += syllables[rng.IntN(len(syllables))]
		}
	}
	seps := []string{" ", " ", " ", " ", ", ", ". ", "\n", "\n\n", "  ", "", "，", "。", "'s ", " (", ") "}
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		for range 20 + rng.IntN(200) {
			r := rng.Float64()
			b.WriteString(words[int(r*r*r*float64(len(words)))])
			b.WriteString(seps[rng.IntN(len(seps))])
			if rng.IntN(12) == 0 {
				fmt.Fprint(&b, rng.IntN(100000))
			}
		}
		out[i] = b.String()
	}
	return out
}

func asBytes(texts []string) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for _, s := range texts {
			if !yield([]byte(s)) {
				return
			}
		}
	}
}

// TestTrainEqualsHuggingFace trains the same texts with both and compares every merge and id; then Hugging Face loads our file and encodes with it.
func TestTrainEqualsHuggingFace(t *testing.T) {
	py := python(t)
	texts := madeTexts(400, 7)
	samples := append(madeTexts(20, 8), "<s>a<pad> <s>", "", "\u00a0x 12345 ſ's")
	gpt4, qwen := patternGPT4, patternQwen
	for _, c := range []struct {
		opts  TrainOptions
		split *string
	}{
		{TrainOptions{VocabSize: 1500, Special: []string{"<s>", "<pad>"}, Pattern: "gpt4-like"}, &gpt4},
		{TrainOptions{VocabSize: 6000, Digits: true, MinCount: 3}, &qwen},
		{TrainOptions{VocabSize: 3000, Pattern: "gpt2", MinCount: 1}, nil},
		{TrainOptions{VocabSize: 1000, Pattern: "gpt2", Digits: true, Special: []string{"ko"}}, nil},
	} {
		t.Run(fmt.Sprintf("%s,%d,digits=%t", c.opts.Pattern, c.opts.VocabSize, c.opts.Digits), func(t *testing.T) {
			tok, err := TrainBPE(context.Background(), c.opts, asBytes(texts))
			if err != nil {
				t.Fatal(err)
			}
			req := trainRequest{c.opts.VocabSize, max(c.opts.MinCount, 1), append([]string{}, c.opts.Special...), c.split, c.opts.Digits, texts, string(tok.JSON()), samples}
			if c.opts.MinCount == 0 {
				req.MinCount = 2
			}
			var answer trainAnswer
			askPython(t, py, "testdata/train_reference.py", req, &answer)
			compareTraining(t, tok, answer)
			e := tok.Encoder()
			for i, s := range samples {
				if got := e.Encode(nil, []byte(s)); !slices.Equal(got, answer.IDs[i]) {
					t.Errorf("sample %q: ids %v, want %v", s, got, answer.IDs[i])
				}
			}
		})
	}
}

func askPython(t *testing.T, py, script string, req, answer any) {
	t.Helper()
	in, err := json.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(py, script, hfVersion)
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 3 {
		t.Skipf("skipped: %s lacks tokenizers==%s", py, hfVersion)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatal(err)
	}
}

func compareTraining(t *testing.T, tok *Tokenizer, want trainAnswer) {
	t.Helper()
	var f struct {
		Model struct {
			Vocab  map[string]uint32 `json:"vocab"`
			Merges [][]string        `json:"merges"`
		} `json:"model"`
	}
	if err := json.Unmarshal(tok.JSON(), &f); err != nil {
		t.Fatal(err)
	}
	for i := range min(len(f.Model.Merges), len(want.Merges)) {
		if !slices.Equal(f.Model.Merges[i], want.Merges[i]) {
			t.Fatalf("merge %d is %q, want %q", i, f.Model.Merges[i], want.Merges[i])
		}
	}
	if len(f.Model.Merges) != len(want.Merges) || len(f.Model.Vocab) != len(want.Vocab) {
		t.Fatalf("%d merges and %d tokens, want %d and %d", len(f.Model.Merges), len(f.Model.Vocab), len(want.Merges), len(want.Vocab))
	}
	for token, id := range want.Vocab {
		if f.Model.Vocab[token] != id {
			t.Fatalf("token %q has id %d, want %d", token, f.Model.Vocab[token], id)
		}
	}
}

// TestTrainByHand counts a case small enough to follow: "ab" occurs most, then "abc"; ties go to the lower ids.
func TestTrainByHand(t *testing.T) {
	tok, err := TrainBPE(context.Background(), TrainOptions{VocabSize: 300, MinCount: 2, Special: []string{"<e>"}}, asBytes([]string{"abab abc abc xy yx", "abc xy yx"}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for id := uint32(257); int(id) < tok.VocabSize(); id++ {
		got = append(got, tok.Token(id))
	}
	// The first word of a text has no space: abab, Ġabc ×2 and abc, Ġxy ×2, Ġyx ×2.
	want := []string{"ab", "abc", "xy", "yx", "Ġabc", "Ġxy", "Ġyx"}
	if !slices.Equal(got, want) {
		t.Errorf("tokens %q, want %q", got, want)
	}
	if id, _ := tok.ID("<e>"); id != 0 || !tok.Special(0) {
		t.Errorf("the special token has id %d, special %t", id, tok.Special(0))
	}
}

func TestTrainRefuses(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		opts  TrainOptions
		texts []string
		want  string
	}{
		"pattern":   {context.Background(), TrainOptions{VocabSize: 300, Pattern: "bert"}, []string{"a"}, `pattern "bert" is unknown`},
		"size":      {context.Background(), TrainOptions{VocabSize: 256, Special: []string{"<s>"}}, []string{"a"}, "need 257"},
		"no text":   {context.Background(), TrainOptions{VocabSize: 300}, nil, "no words"},
		"twice":     {context.Background(), TrainOptions{VocabSize: 300, Special: []string{"x", "x"}}, []string{"a"}, "given twice"},
		"cancelled": {cancelled, TrainOptions{VocabSize: 300}, []string{"a"}, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := TrainBPE(c.ctx, c.opts, asBytes(c.texts))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
