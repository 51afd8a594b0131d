package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestPackedScoresAreThoseOfEachAlone packs texts of many lengths, more than one batch of them, and compares with each scored alone, which must give the very
// same numbers, and with plain logits.
func TestPackedScoresAreThoseOfEachAlone(t *testing.T) {
	m := tinyModel(t)
	var list []continuation
	for i := range 80 {
		list = append(list, continuation{byteCodec{}.Text(strings.Repeat("context ", i%9))[:i%9*7], byteCodec{}.Text(fmt.Sprint("answer ", i*i*i, strings.Repeat("!", i)))})
	}
	packed, err := logLikelihoods(t.Context(), m, list)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for i, c := range list {
		total += len(c.context) + len(c.tokens)
		alone, err := logLikelihoods(t.Context(), m, list[i:i+1])
		if err != nil {
			t.Fatal(err)
		}
		if alone[0] != packed[i] {
			t.Errorf("item %d: %v alone, %v packed", i, alone[0], packed[i])
		}
		lp := direct(m, append(slices.Clone(c.context), c.tokens...))
		near(t, fmt.Sprint("item ", i), packed[i], sumOf(lp[max(0, len(c.context)-1):]), 1e-3)
	}
	if total < 2*scoreTokens {
		t.Errorf("only %d tokens: not enough for several batches", total)
	}
}

func TestScoresOfWhatDoesNotFit(t *testing.T) {
	m := tinyModel(t)
	m.Length = 10
	text := byteCodec{}.Text("0123456789abcdef")
	got, err := logLikelihoods(t.Context(), m, []continuation{{text, text[:3]}, {nil, text}, {text, nil}, {nil, text[:1]}, {text[:4], text}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "a context cut at its beginning", got[0], sumOf(direct(m, append(slices.Clone(text[9:]), text[:3]...))[6:]), 1e-4)
	near(t, "a text cut at its end", got[1], sumOf(direct(m, text[:9])), 1e-4)
	if got[2] != 0 || got[3] != 0 {
		t.Errorf("nothing to foresee gave %v", got[2:4])
	}
	near(t, "both cut", got[4], sumOf(direct(m, append([]int32{text[3]}, text[:9]...))), 1e-4)
}

func TestScoringStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := logLikelihoods(ctx, tinyModel(t), []continuation{{nil, []int32{1, 2}}}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestBranches(t *testing.T) {
	got := branches(byteCodec{256}, "we said she", "we said he")
	if !slices.Equal(got[0].context, got[1].context) || (byteCodec{}).Decode(got[0].context) != "we said " || (byteCodec{}).Decode(got[0].tokens) != "she" || (byteCodec{}).Decode(got[1].tokens) != "he" {
		t.Errorf("%v", got)
	}
	got = branches(byteCodec{256}, "only", "only more") // one is the beginning of the other: each keeps a token of its own
	if len(got[0].tokens) != 1 || len(got[1].tokens) != 6 {
		t.Errorf("%v", got)
	}
	if o := opening(byteCodec{-1}); !slices.Equal(o, []int32{257}) {
		t.Errorf("without a first token texts open with %v", o)
	}
}

func BenchmarkLogLikelihoods(b *testing.B) {
	m := tinyModel(b)
	var list []continuation
	for range 16 {
		list = append(list, sentence(m.Codec, "When the engineer walked into the room, she"))
	}
	b.Run("packed", func(b *testing.B) {
		for b.Loop() {
			if _, err := logLikelihoods(b.Context(), m, list); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("single", func(b *testing.B) {
		for b.Loop() {
			for i := range list {
				if _, err := logLikelihoods(b.Context(), m, list[i:i+1]); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
