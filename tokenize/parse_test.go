package tokenize

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// TestUnicodeVersion pins the versions that the tables of unicode16.go, unicodeold.go and unicodeform.go start from.
func TestUnicodeVersion(t *testing.T) {
	if unicode.Version != "15.0.0" || norm.Version != "15.0.0" {
		t.Errorf("Go's Unicode tables are now %s and x/text's %s: make the difference tables again, on every code point, against tokenizers %s", unicode.Version, norm.Version, hfVersion)
	}
}

// TestParseRefuses gives Parse files that contradict themselves or hold what is not known.
func TestParseRefuses(t *testing.T) {
	bpe := func(vocab, merges, added string) string {
		return `{"added_tokens":[` + added + `],"model":{"type":"BPE","vocab":{` + vocab + `},"merges":[` + merges + `]}}`
	}
	const ok = `"a":0,"b":1,"ab":2`
	for name, c := range map[string]struct{ file, want string }{
		"no JSON":               {`{"model":`, "not a tokenizer.json"},
		"no model":              {`{}`, `has no "model"`},
		"model type":            {`{"model":{"type":"Mamba","vocab":{}}}`, `unknown model type "Mamba"`},
		"normalizer type":       {`{"normalizer":{"type":"Odd"},"model":{"type":"BPE","vocab":{}}}`, `unknown normalizer type "Odd"`},
		"normalizer in a list":  {`{"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Odd"}]},"model":{"vocab":{}}}`, `normalizers[1]: unknown normalizer type "Odd"`},
		"pre-tokenizer type":    {`{"pre_tokenizer":{"type":"Odd"},"model":{"vocab":{}}}`, `unknown pre-tokenizer type "Odd"`},
		"decoder type":          {`{"decoder":{"type":"Odd"},"model":{"type":"BPE","vocab":{}}}`, `unknown decoder type "Odd"`},
		"post-processor type":   {`{"post_processor":{"type":"Odd"},"model":{"type":"BPE","vocab":{}}}`, `unknown post-processor type "Odd"`},
		"regular expression":    {`{"pre_tokenizer":{"type":"Split","pattern":{"Regex":"(?P<x>a)"},"behavior":"Isolated","invert":false},"model":{"vocab":{}}}`, "is not supported"},
		"merge part":            {bpe(ok, `"a x"`, ""), `merge 0 ("a", "x"): "x" is not in the vocabulary`},
		"merge result":          {bpe(ok, `"a b","b a"`, ""), `merge 1 ("b", "a"): the merged token "ba" is not in the vocabulary`},
		"merge form":            {bpe(ok, `"ab"`, ""), "has no space"},
		"merge of three":        {bpe(ok, `["a","b","a"]`, ""), "more than two parts"},
		"duplicate id":          {bpe(`"a":0,"b":0`, "", ""), `id 0 belongs to both "a" and "b"`},
		"duplicate token":       {bpe(`"a":0,"a":1`, "", ""), `token "a" is there twice`},
		"hole":                  {bpe(`"a":0,"b":2`, "", ""), `no token with id 1, but "b" has id 2`},
		"huge id":               {bpe(`"a":4000000000`, "", ""), "not a whole number from 0"},
		"huge id below limit":   {bpe(`"a":16000000`, "", ""), `token "a" has id 16000000, over the limit`},
		"negative id":           {bpe(`"a":-1`, "", ""), "not a whole number"},
		"added id taken":        {bpe(ok, "", `{"id":1,"content":"<s>"}`), `"<s>" has id 1, which is the id of "b"`},
		"added id contradicts":  {bpe(ok, "", `{"id":7,"content":"ab"}`), `"ab" has id 7, but the vocabulary gives it id 2`},
		"added id huge":         {bpe(ok, "", `{"id":99999999,"content":"x"}`), "over the limit"},
		"added without content": {bpe(ok, "", `{"id":3,"content":""}`), "no content"},
		"unknown token":         {`{"model":{"type":"BPE","unk_token":"?","vocab":{},"merges":[]}}`, `unk_token "?" is not in the vocabulary`},
		"unk_id":                {`{"model":{"type":"Unigram","unk_id":5,"vocab":[["a",0]]}}`, "unk_id 5 lies outside"},
		"score":                 {`{"model":{"type":"Unigram","unk_id":0,"vocab":[["a","b"]]}}`, `score of token "a"`},
		"template":              {`{"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}}],"special_tokens":{}},"model":{"type":"BPE","vocab":{}}}`, `special token "<s>" is not in special_tokens`},
		"template id":           {`{"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}}],"special_tokens":{"<s>":{"ids":[9]}}},"model":{"type":"BPE","vocab":{"a":0}}}`, "id 9 lies outside"},
		"charsmap":              {`{"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAAgAAA"},"model":{"type":"BPE","vocab":{}}}`, "announces a trie of 2147483648 bytes"},
		"dropout":               {`{"model":{"type":"BPE","dropout":0.1,"vocab":{},"merges":[]}}`, "dropout 0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestHolesAboveTheModel: OpenAI's vocabularies leave ids free between the model's tokens and the special ones.
func TestHolesAboveTheModel(t *testing.T) {
	tok, err := Parse([]byte(`{"added_tokens":[{"id":9,"content":"<end>","special":true}],"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if tok.VocabSize() != 10 || tok.Token(5) != "" || tok.Token(9) != "<end>" || !tok.Special(9) {
		t.Errorf("size %d, token 5 %q, token 9 %q", tok.VocabSize(), tok.Token(5), tok.Token(9))
	}
	e := tok.Encoder()
	if got := tok.Decode(append(e.Encode(nil, []byte("ab<end>a")), 5, 77), true); got != "a b a" {
		t.Errorf("decoded %q", got)
	}
}

// TestPlainText: text that others wrote cannot write control tokens.
func TestPlainText(t *testing.T) {
	tok, err := Parse(smallFiles(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	id, ok := tok.ID("<s>")
	if !ok {
		t.Fatal("the file has no <s>")
	}
	e := tok.Encoder()
	text := []byte("a<s>b")
	if got := e.Encode(nil, text); len(got) != 3 || got[1] != id {
		t.Errorf("Encode gives %v, want <s> (%d) in the middle", got, id)
	}
	for _, got := range e.EncodePlain(nil, text) {
		if got == id {
			t.Errorf("EncodePlain gives the special token %d", id)
		}
	}
}
