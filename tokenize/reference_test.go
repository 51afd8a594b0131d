package tokenize

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type encodeRequest struct {
	Tokenizer string   `json:"tokenizer"`
	Texts     []string `json:"texts"`
	Plain     bool     `json:"plain"`
}

type encodeAnswer struct {
	IDs     [][]uint32   `json:"ids"`
	Offsets [][][2]int32 `json:"offsets"`
	Decoded []string     `json:"decoded"`
}

// oddTexts makes texts of the characters that tell tokenizers apart: white space of all kinds, marks, digits of many scripts, joined emoji, characters that
// normalisation changes, and added tokens of the vocabulary.
func oddTexts(n int, seed uint64, added []string) []string {
	rng := rand.New(rand.NewPCG(seed, 2))
	parts := strings.Split("a|b|The|word|don't|I'LL|'S|'ſ|ſ| |  |   |\t|\n|\r\n|\n\n|\u00a0|\u3000|\u2028|\u0085|\u200b|\u00ad|\ufeff|\x00|\x07|\x1c|\x7f|1|23|456|7890|½|²|Ⅷ|٣|१|,|.|...|!?|—|“|”|(|)|_|#|é|e\u0301|ñ|Ångström|ﬁ|①\u0301|™|㎏|ｱ|ﾞ|ㇷ゚|가|ᄀ\u1161|각|中文|字，|。|的|日本語|かな|カナ|안녕|привет|Ё|й|العربية|ไทย|ำ|हिन्दी|क्ष|İ|ı|ẞ|Σ|ς|👍🏽|👨‍👩‍👧|🇨🇳|🇺|☺️|1️⃣|\u0301|\u0323\u0302|a\u0323\u0307\u0302|\u034f|\u0f71\u0f72|𝒜|𠀀|\U000e0001|▁|▁▁|Ġ|Ċ|##|<|>|[UNK]|<unk>|<0x0A>|aaaaaaaa|ababababab|https://x.y/z?q=1|    return x\n|\u1171e|\U0001e030|\u1c89|ꟍ", "|")
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		for range 1 + rng.IntN(14) {
			switch k := rng.IntN(20); {
			case k == 0 && len(added) > 0:
				b.WriteString(added[rng.IntN(len(added))])
			case k == 1:
				b.WriteRune(rune(0xA0 + rng.IntN(0x2F00)))
			case k == 2:
				if r := rune(rng.IntN(0x1FBFF)); r < 0xD800 || r > 0xDFFF {
					b.WriteRune(r)
				}
			case k == 3:
				b.WriteString(strings.Repeat(parts[rng.IntN(len(parts))], 1+rng.IntN(60)))
			default:
				b.WriteString(parts[rng.IntN(len(parts))])
			}
		}
		out[i] = b.String()
	}
	return out
}

// TestEncodeEqualsHuggingFace compares every family with Hugging Face on texts made for it, also with special tokens as ordinary text.
func TestEncodeEqualsHuggingFace(t *testing.T) {
	py := python(t)
	n := 150
	if testing.Short() {
		n = 40
	}
	for seed, dir := range families(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			tok, err := Load(filepath.Join(dir, "tokenizer.json.zst"))
			if err != nil {
				t.Fatal(err)
			}
			compareEncoding(t, py, tok, oddTexts(n, uint64(seed), addedContents(tok)))
		})
	}
}

// TestSmallFilesEqualHuggingFace does the same for made files that use what the families do not: Roberta- and BertProcessing, FixedLength, Nmt, Strip, regular
// expressions in Replace, Digits behind ByteLevel, added tokens that take white space.
func TestSmallFilesEqualHuggingFace(t *testing.T) {
	py := python(t)
	for i, data := range smallFiles(t) {
		tok, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		texts := append(oddTexts(1000, 50+uint64(i), append(addedContents(tok), "hello", " w", "or", "12", "中文", "  ")), "", " ")
		compareEncoding(t, py, tok, texts)
	}
}

func addedContents(tok *Tokenizer) []string {
	var out []string
	for id := range tok.specialIDs {
		out = append(out, tok.tokens[id])
	}
	slices.Sort(out)
	return out[:min(len(out), 40)]
}

func compareEncoding(t *testing.T, py string, tok *Tokenizer, texts []string) {
	t.Helper()
	e := tok.Encoder()
	for _, plain := range []bool{false, true} {
		var want encodeAnswer
		askPython(t, py, "testdata/encode_reference.py", encodeRequest{string(tok.JSON()), texts, plain}, &want)
		bad := 0
		for i, text := range texts {
			ids, spans := e.spans([]byte(text), plain)
			fast := e.encode(nil, []byte(text), plain)
			if slices.Equal(ids, want.IDs[i]) && slices.Equal(fast, ids) &&
				slices.Equal(charOffsets(text, spans), want.Offsets[i]) && tok.Decode(ids, false) == want.Decoded[i] {
				continue
			}
			if bad++; bad <= 3 {
				t.Errorf("plain=%t text %q:\n ids     %v\n fast    %v\n want    %v\n offsets %v\n want    %v\n decoded %q\n want    %q", plain, text, ids, fast, want.IDs[i],
					charOffsets(text, spans), want.Offsets[i], tok.Decode(ids, false), want.Decoded[i])
			}
		}
		if bad > 0 {
			t.Errorf("plain=%t: %d of %d texts differ", plain, bad, len(texts))
		}
	}
}
