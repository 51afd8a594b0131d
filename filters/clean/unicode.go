package clean

import (
	"context"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/internal/text"
)

// Unicode repairs characters.
type Unicode struct {
	Form           string  `param:"form" default:"nfc" enum:"nfc,nfkc,keep" doc:"Unicode normalization form"`
	Mojibake       string  `param:"mojibake" default:"repair" enum:"repair,drop,keep" doc:"what happens to text that was decoded with the wrong encoding"`
	Controls       bool    `param:"controls" default:"true" doc:"take out control characters and noncharacters; tabs and line breaks stay"`
	ZeroWidth      bool    `param:"zero_width" default:"true" doc:"take out characters that show nothing: zero-width spaces, soft hyphens, directional marks, byte order marks; joiners stay where words or emoji need them"`
	LineBreaks     bool    `param:"line_breaks" default:"true" doc:"write every kind of line break as a line feed"`
	Spaces         string  `param:"spaces" default:"trim" enum:"trim,collapse,keep" doc:"trim: unusual spaces become plain ones, spaces at line ends and more than two empty lines go; collapse: runs of spaces inside a line become one, too"`
	Width          string  `param:"width" default:"letters" enum:"letters,all,keep" doc:"letters: full-width letters and digits become ASCII, half-width katakana full; all: full-width punctuation, too"`
	MaxReplacement float64 `param:"max_replacement" default:"0.02" min:"0" max:"1" doc:"largest share of characters that may be U+FFFD, the trace of lost bytes"`

	tidier tidier
	mend   mender
}

// Prepare reads the settings.
func (u *Unicode) Prepare(context.Context, filters.Env) error {
	u.tidier = tidier{controls: u.Controls, hidden: u.ZeroWidth, breaks: u.LineBreaks, spaces: u.Spaces, width: u.Width}
	return nil
}

// Fork gives a worker its own scratch memory.
func (u *Unicode) Fork() filters.Step {
	c := *u
	c.tidier.out, c.mend = nil, mender{}
	return &c
}

// passes bounds how often a text is gone over: a change may bring characters together that want another one. Two are enough for nearly every text.
const passes = 4

// repairs says what was done to a text.
type repairs struct {
	tidied         edit
	mended, formed bool
}

func (r repairs) none() bool { return r == repairs{} }

// Apply repairs one text.
func (u *Unicode) Apply(row *filters.Row) error {
	b, done, reason := u.repair(row.Text())
	if reason != "" {
		row.Drop(reason)
		return nil
	}
	if done.none() {
		return nil
	}
	row.SetText(b)
	for _, f := range []struct {
		on   bool
		kind string
	}{{done.mended, "mojibake repaired"}, {done.formed, "characters composed"}, {done.tidied&editControl != 0, "controls removed"}, {done.tidied&editHidden != 0, "hidden characters removed"},
		{done.tidied&editSpace != 0, "spaces tidied"}, {done.tidied&editBreak != 0, "line breaks unified"}, {done.tidied&editWidth != 0, "width unified"}} {
		if f.on {
			row.Flag(0, len(b), f.kind)
		}
	}
	return nil
}

// repair returns the repaired text and what was done, or the reason to drop it. The text is b itself when nothing was done.
func (u *Unicode) repair(b []byte) (out []byte, done repairs, reason string) {
	for range passes {
		changed := false
		if u.Mojibake != "keep" {
			if out, ok := u.mend.mend(b); ok {
				if u.Mojibake == "drop" {
					return b, done, "mojibake"
				}
				b, changed, done.mended = out, true, true
			}
		}
		if u.Form != "nfkc" && u.tidier.clean(b) && (u.tidier.easy || u.Form == "keep") {
			if !changed {
				break
			}
			continue
		}
		if out, ok := u.normalize(b); ok {
			b, changed, done.formed = out, true, true
		}
		if out, e := u.tidier.tidy(b); e != 0 {
			b, changed = append([]byte(nil), out...), true
			done.tidied |= e
		}
		if !changed {
			break
		}
	}
	if u.Mojibake != "keep" && gbkMojibake(b) {
		return b, done, "mojibake that cannot be repaired"
	}
	if lost := lostCharacters(b); lost > 0 && float64(lost) > u.MaxReplacement*float64(utf8.RuneCount(b)) {
		return b, done, "lost characters"
	}
	return b, done, ""
}

func (u *Unicode) normalize(b []byte) ([]byte, bool) {
	switch u.Form {
	case "nfc":
		return text.NFC(b)
	case "nfkc":
		if norm.NFKC.IsNormal(b) {
			return b, false
		}
		out := norm.NFKC.Bytes(b)
		return out, string(out) != string(b)
	}
	return b, false
}

func init() {
	filters.Register(filters.Registration{
		Spec: spec.Spec{
			Name: "unicode", Group: "clean", Short: "mojibake",
			Summary: "repairs characters: wrong decodings, normalization form, controls, spaces, full-width letters",
			Doc:     unicodeDoc,
			Example: "unicode: {spaces: collapse, width: all}",
			New:     func() any { return &Unicode{} },
			Cases:   unicodeCases,
		},
		Unit: filters.Each,
	})
}

const unicodeDoc = `Brings every text to the same characters, so that equal texts have equal bytes and rules that count words and characters see what a reader sees.

- **Mojibake** is text in UTF-8 that was read as another encoding ("cafÃ©" for "café"). It is found by pairs of characters that such a reading makes
  and no language writes, and decoded: from Latin-1, Windows-1250, 1251, 1252, 1253, 1254, 1257, ISO 8859-2, Mac Roman and code page 437, also where it happened
  several times over, or to a part of the text. The method is that of [ftfy](https://ftfy.readthedocs.io): a lone pair that could be meant stays. Chinese in
  UTF-8 that was read as GBK has lost bytes and cannot be repaired: such rows are dropped, and so are rows full of U+FFFD.
- **Form**: NFC composes letters and their accents. NFKC also rewrites what only looks different ("①", "㎏", "ﬁ"), and changes the meaning of "2⁵".
- **Controls, hidden characters, line breaks, spaces**: see the parameters. The indent of a line stays, for the sake of code; the
  ideographic spaces that open a Chinese paragraph go.
- **Width**: "ＡＢＣ１２３" becomes "ABC123". Chinese punctuation stays as it is unless width is ` + "`all`" + `.

Text that is clean costs one fast look. Every piece of a row is repaired by itself; the ledger counts the rows that each kind of repair changed.`

var unicodeCases = []spec.Case{
	{In: "cafe\u0301 au lait", Out: "café au lait"},
	{In: "schÃ¶ne GrÃ¼ÃŸe", Out: "schöne Grüße"},
	{In: "ä¸\u00adæ–‡ç½‘é¡µ", Out: "中文网页"},
	{In: "RETWEET SE VOCÊ…", Out: "="},
	{In: "zero\u200bwidth\u00a0space\r\n", Out: "zerowidth space"},
	{In: "　　第１条　本法自２０２４年１月１日起施行，ＡＢＣ。", Out: "第1条 本法自2024年1月1日起施行，ABC。"},
	{Params: "{width: all}", In: "你好，世界！", Out: "你好,世界!"},
	{Params: "{spaces: collapse}", In: "two  words \n    indented  line", Out: "two words\n    indented line"},
	{Params: "{mojibake: drop}", In: "schÃ¶ne GrÃ¼ÃŸe", Reason: "mojibake"},
	{In: "lost \uFFFD\uFFFD\uFFFD bytes", Reason: "lost characters"},
	{In: "浣犲ソ锛屼笘鐣岋紒浠婂ぉ澶╂皵寰堝ソ銆�", Reason: "mojibake that cannot be repaired"},
	{In: "می\u200cخواهم 👩\u200d🔬", Out: "="},
}
