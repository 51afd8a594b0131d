package tokenize

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// decoder turns the tokens of a text back into text; the results of the last stage are joined.
type decoder interface {
	decode(tokens []string) []string
}

// Decode turns ids back into text. skipSpecial leaves out special tokens. Ids without a token are passed over.
func (t *Tokenizer) Decode(ids []uint32, skipSpecial bool) string {
	tokens := make([]string, 0, len(ids))
	for _, id := range ids {
		if int64(id) >= int64(len(t.tokens)) || skipSpecial && t.specialIDs[id] {
			continue
		}
		tok := t.tokens[id]
		if tok == "" && !t.known(id) {
			continue
		}
		if form, ok := t.added.written[id]; ok {
			tok = form
		}
		tokens = append(tokens, tok)
	}
	if t.dec == nil {
		return strings.Join(tokens, " ")
	}
	return strings.Join(t.dec.decode(tokens), "")
}

// known reports whether id has a token, which may be the empty string.
func (t *Tokenizer) known(id uint32) bool {
	have, ok := t.ids[""]
	return ok && have == id
}

type decoderSequence []decoder

func (s decoderSequence) decode(tokens []string) []string {
	for _, d := range s {
		tokens = d.decode(tokens)
	}
	return tokens
}

// byteLevelDecoder turns characters into the bytes they stand for; a token with any other character stands for itself.
type byteLevelDecoder struct{}

func (byteLevelDecoder) decode(tokens []string) []string {
	var out []byte
	for _, tok := range tokens {
		if raw, ok := tokenBytes(tok); ok {
			out = append(out, raw...)
		} else {
			out = append(out, tok...)
		}
	}
	if !utf8.Valid(out) {
		out = appendValid(nil, out)
	}
	return []string{string(out)}
}

// wordPieceDecoder joins word pieces and puts a space before each word.
type wordPieceDecoder struct {
	Prefix  string `json:"prefix"`
	Cleanup bool   `json:"cleanup"`
}

// cleanups undoes the spaces of tokenised English (Hugging Face's clean_up_tokenization), in this order.
var cleanups = [][2]string{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
	{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}

func (d *wordPieceDecoder) decode(tokens []string) []string {
	for i, tok := range tokens {
		if i > 0 {
			if rest, ok := strings.CutPrefix(tok, d.Prefix); ok {
				tok = rest
			} else {
				tok = " " + tok
			}
		}
		if d.Cleanup {
			for _, c := range cleanups {
				tok = strings.ReplaceAll(tok, c[0], c[1])
			}
		}
		tokens[i] = tok
	}
	return tokens
}

// metaspaceDecoder writes spaces for the visible character; those of the first token are dropped where the encoder added one.
type metaspaceDecoder struct {
	replacement string
	never       bool
}

func (d metaspaceDecoder) decode(tokens []string) []string {
	for i, tok := range tokens {
		with := " "
		if i == 0 && !d.never {
			with = ""
		}
		tokens[i] = strings.ReplaceAll(tok, d.replacement, with)
	}
	return tokens
}

// bpeDecoder writes a space for the end-of-word suffix.
type bpeDecoder struct {
	Suffix string `json:"suffix"`
}

func (d *bpeDecoder) decode(tokens []string) []string {
	for i, tok := range tokens {
		with := " "
		if i == len(tokens)-1 {
			with = ""
		}
		tokens[i] = strings.ReplaceAll(tok, d.Suffix, with)
	}
	return tokens
}

// byteFallback joins tokens of the form <0x0A> to text; bytes that are not UTF-8 become one U+FFFD each.
type byteFallback struct{}

func (byteFallback) decode(tokens []string) []string {
	out := tokens[:0]
	var pending []byte
	flush := func() {
		if utf8.Valid(pending) {
			if len(pending) > 0 {
				out = append(out, string(pending))
			}
		} else {
			for range pending {
				out = append(out, "\uFFFD")
			}
		}
		pending = pending[:0]
	}
	for _, tok := range tokens {
		if b, ok := byteToken(tok); ok {
			pending = append(pending, b)
			continue
		}
		flush()
		out = append(out, tok)
	}
	flush()
	return out
}

// byteToken reads <0x0A>.
func byteToken(tok string) (byte, bool) {
	if len(tok) != 6 || tok[:3] != "<0x" || tok[5] != '>' {
		return 0, false
	}
	v := 0
	for _, c := range []byte(tok[3:5]) {
		switch {
		case c >= '0' && c <= '9':
			v = v*16 + int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v*16 + int(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return byte(v), true
}

type fuse struct{}

func (fuse) decode(tokens []string) []string { return []string{strings.Join(tokens, "")} }

// stripDecoder removes up to start leading and stop trailing characters equal to content from each token.
type stripDecoder struct {
	Content string `json:"content"`
	Start   int    `json:"start"`
	Stop    int    `json:"stop"`
}

func (d *stripDecoder) decode(tokens []string) []string {
	for i, tok := range tokens {
		for n := 0; n < d.Start && d.Content != "" && strings.HasPrefix(tok, d.Content); n++ {
			tok = tok[len(d.Content):]
		}
		for n := 0; n < d.Stop && d.Content != "" && strings.HasSuffix(tok, d.Content); n++ {
			tok = tok[:len(tok)-len(d.Content)]
		}
		tokens[i] = tok
	}
	return tokens
}

type replaceDecoder struct {
	pattern pattern
	content string
}

func (d replaceDecoder) decode(tokens []string) []string {
	for i, tok := range tokens {
		var out strings.Builder
		for _, m := range d.pattern.matches(nil, []byte(tok)) {
			if m.hit {
				out.WriteString(d.content)
			} else {
				out.WriteString(tok[m.start:m.end])
			}
		}
		tokens[i] = out.String()
	}
	return tokens
}

// ctc is the decoder of speech models: repeated tokens count once, padding is dropped.
type ctc struct {
	Pad       string `json:"pad_token"`
	Delimiter string `json:"word_delimiter_token"`
	Cleanup   bool   `json:"cleanup"`
}

func (d *ctc) decode(tokens []string) []string {
	var out []string
	for i, tok := range tokens {
		if i > 0 && tok == tokens[i-1] {
			continue
		}
		tok = strings.ReplaceAll(tok, d.Pad, "")
		if d.Cleanup {
			for _, c := range cleanups {
				tok = strings.ReplaceAll(tok, c[0], c[1])
			}
			tok = strings.ReplaceAll(tok, d.Delimiter, " ")
		}
		if tok != "" {
			out = append(out, tok)
		}
	}
	return out
}

// parseDecoder reads a decoder; nil when there is none.
func parseDecoder(raw jsontext.Value) (decoder, error) {
	if isNull(raw) {
		return nil, nil
	}
	kind, err := typeOf(raw)
	if err != nil {
		return nil, err
	}
	switch kind {
	case "Sequence":
		var s struct {
			Decoders []jsontext.Value `json:"decoders"`
		}
		if err := unmarshal(raw, &s); err != nil {
			return nil, err
		}
		var all decoderSequence
		for i, r := range s.Decoders {
			d, err := parseDecoder(r)
			if err != nil {
				return nil, fmt.Errorf("decoders[%d]: %w", i, err)
			}
			if d != nil {
				all = append(all, d)
			}
		}
		return all, nil
	case "ByteLevel":
		return byteLevelDecoder{}, nil
	case "WordPiece":
		d := &wordPieceDecoder{Prefix: "##", Cleanup: true}
		return d, unmarshal(raw, d)
	case "Metaspace":
		var p preJSON
		if err := unmarshal(raw, &p); err != nil {
			return nil, err
		}
		m, err := p.metaspace()
		if err != nil {
			return nil, err
		}
		return metaspaceDecoder{p.Replacement, m[0].(*metaspace).prepend == "never"}, nil
	case "BPEDecoder":
		d := &bpeDecoder{Suffix: "</w>"}
		return d, unmarshal(raw, d)
	case "ByteFallback":
		return byteFallback{}, nil
	case "Fuse":
		return fuse{}, nil
	case "Strip":
		d := &stripDecoder{}
		return d, unmarshal(raw, d)
	case "Replace":
		n, err := parseNormalizer(raw)
		if err != nil {
			return nil, err
		}
		r := n.(replaceNormalizer)
		return replaceDecoder(r), nil
	case "CTC":
		d := &ctc{}
		return d, unmarshal(raw, d)
	}
	return nil, fmt.Errorf("unknown decoder type %q", kind)
}
