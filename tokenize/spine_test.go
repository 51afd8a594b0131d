package tokenize

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
)

// TestBordersEqualMerging decides the border of many pairs of tokens by spines and by merging their bytes.
func TestBordersEqualMerging(t *testing.T) {
	pairs := 15000
	if testing.Short() {
		pairs = 3000
	}
	for _, dir := range families(t) {
		if name := filepath.Base(dir); testing.Short() && name != "gpt2" && name != "llama3" {
			continue
		}
		tok, err := Load(filepath.Join(dir, "tokenizer.json.zst"))
		if err != nil {
			t.Fatal(err)
		}
		p, ok := tok.model.(*bpe)
		if !ok || p.border == nil {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			checkBorders(t, p, pairs)
		})
	}
}

func checkBorders(t *testing.T, p *bpe, pairs int) {
	rng := rand.New(rand.NewPCG(1, 1))
	var own []uint32
	for id, raw := range p.border.raw {
		if raw != nil {
			own = append(own, uint32(id))
		}
	}
	var run symbolRun
	crossed := 0
	for range pairs {
		left := own[rng.IntN(len(own))]
		// Half of the right tokens are such that a prefix of theirs merges often: the tokens' own suffixes.
		right := own[rng.IntN(len(own))]
		if raw := p.border.raw[left]; rng.IntN(2) == 0 && len(raw) > 1 {
			cut := 1 + rng.IntN(len(raw)-1)
			a, b := p.border.trie.longest(raw[:cut]), p.border.trie.longest(raw[cut:])
			if a >= 0 && b >= 0 {
				left, right = uint32(a), uint32(b)
			}
		}
		run.reset()
		for _, id := range []uint32{left, right} {
			for _, c := range p.border.raw[id] {
				run.add(uint32(p.byteID[c]), 1)
			}
		}
		p.merge(&run)
		want := len(run.id) == 2 && run.id[0] == left && run.id[1] == right
		if got := p.holds(left, right); got != want {
			t.Fatalf("%q, %q: spines say %t, merging gives %d tokens", p.border.raw[left], p.border.raw[right], got, len(run.id))
		}
		if !want {
			crossed++
		}
	}
	if crossed < pairs/100 {
		t.Errorf("only %d of %d pairs merge across the border: the test shows little", crossed, pairs)
	}
}

// TestAnyMergeList: backtracking equals merging for merge lists that no training would give: random pairs in random order.
func TestAnyMergeList(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 300 {
		tokens := []string{"a", "b", "c"}
		known := map[string]bool{"a": true, "b": true, "c": true}
		var merges [][2]uint32
		for range 2 + rng.IntN(40) {
			left, right := rng.IntN(len(tokens)), rng.IntN(len(tokens))
			whole := tokens[left] + tokens[right]
			if len(whole) > 12 {
				continue
			}
			merges = append(merges, [2]uint32{uint32(left), uint32(right)})
			if !known[whole] {
				known[whole] = true
				tokens = append(tokens, whole)
			}
		}
		rng.Shuffle(len(merges), func(i, j int) { merges[i], merges[j] = merges[j], merges[i] })
		tok, err := Parse(trainedJSON(TrainOptions{}, `{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}`, tokens, merges))
		if err != nil {
			t.Fatal(err)
		}
		p, e := tok.model.(*bpe), tok.Encoder()
		for range 50 {
			word := make([]byte, 1+rng.IntN(60))
			for i := range word {
				word[i] = "abc"[rng.IntN(3)]
			}
			got, ok := p.backtrack(e, nil, word)
			p.symbols(&e.run, word)
			p.merge(&e.run)
			if !ok || !slices.Equal(got, e.run.id) {
				t.Fatalf("merges %v of %q: %q gives %v by backtracking, %v by merging", merges, tokens, word, got, e.run.id)
			}
		}
	}
}
