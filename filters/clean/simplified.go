package clean

import (
	"bytes"
	"context"
	"fmt"

	"winnow/filters"
	"winnow/internal/spec"
	"winnow/internal/text/opencc"
)

// Simplified converts Chinese to one script.
type Simplified struct {
	To    string `param:"to" default:"simplified" enum:"simplified,traditional,taiwan,hongkong" doc:"script that texts are brought to; taiwan and hongkong are the Traditional forms used there"`
	From  string `param:"from" default:"auto" enum:"auto,simplified,traditional,taiwan,hongkong" doc:"script that texts come in; auto converts the texts that hold characters of the other script"`
	Words bool   `param:"words" default:"false" doc:"exchange the words of the region, too: 記憶體 becomes 内存; from or to must be taiwan or hongkong"`

	conv *opencc.Converter
}

// Prepare chooses the configuration.
func (s *Simplified) Prepare(context.Context, filters.Env) error {
	name, err := s.configuration()
	if err != nil {
		return err
	}
	s.conv, err = opencc.New(name)
	return err
}

var scriptCodes = map[string]string{"simplified": "s", "traditional": "t", "taiwan": "tw", "hongkong": "hk"}

// configuration returns OpenCC's name of the conversion.
func (s *Simplified) configuration() (string, error) {
	from := s.From
	if from == "auto" {
		from = "simplified"
		if s.To == "simplified" {
			from = "traditional"
		}
	}
	name := scriptCodes[from] + "2" + scriptCodes[s.To]
	if s.Words {
		name += "p"
	}
	for _, known := range opencc.Configurations() {
		if name == known {
			return name, nil
		}
	}
	if s.Words {
		return "", fmt.Errorf("simplified: there are no words to exchange from %s to %s: one side must be simplified and the other taiwan or hongkong", from, s.To)
	}
	return "", fmt.Errorf("simplified: there is no conversion from %s to %s: go through traditional", from, s.To)
}

// Apply converts one text. Japanese is left alone.
func (s *Simplified) Apply(row *filters.Row) error {
	b := row.Text()
	han, simplified, traditional := opencc.Script(b)
	if han == 0 || kana(b)*10 > han {
		return nil
	}
	if s.From == "auto" {
		if s.To == "simplified" && traditional == 0 || s.To != "simplified" && simplified == 0 {
			return nil
		}
		if s.To != "simplified" && traditional > simplified { // a Traditional text: its 后 and 里 are meant
			return nil
		}
	}
	out := s.conv.Convert(b)
	if bytes.Equal(out, b) {
		return nil
	}
	row.SetText(out)
	row.Flag(0, len(out), "script converted")
	return nil
}

// kana counts Hiragana and Katakana (U+3041..30FF).
func kana(b []byte) int {
	n := 0
	for i := 0; i+2 < len(b); i++ {
		if b[i] == 0xE3 && (b[i+1] == 0x81 || b[i+1] == 0x82 || b[i+1] == 0x83) {
			n++
			i += 2
		}
	}
	return n
}

func init() {
	filters.Register(filters.Registration{
		Spec: spec.Spec{
			Name: "simplified", Group: "clean", Short: "to",
			Summary: "converts Chinese between Traditional and Simplified",
			Doc: `Converts by the longest match in the dictionaries of [OpenCC](https://github.com/BYVoid/OpenCC) 1.4 (embedded, Apache-2.0), with the results of
its configurations s2t, t2s, s2tw, s2twp, tw2s, tw2sp, s2hk, hk2s and the others: 髮 and 發 both become 发, and 发 becomes 髮 or 發 by the words
that it stands in.

A text without any character of the other script is not touched, so that a mixed set can go through this step; ` + "`from`" + ` says otherwise. Words stay as they are
unless ` + "`words`" + ` is set. Text with kana is Japanese and stays. Run this before duplicates are looked for, so that the two forms of one
text are seen to be one.`,
			Example: "simplified: {from: taiwan, words: true}",
			New:     func() any { return &Simplified{} },
			Cases: []spec.Case{
				{In: "繁體中文轉換成簡體，頭髮與發展。", Out: "繁体中文转换成简体，头发与发展。"},
				{In: "已经是简体中文，皇后和后来。", Out: "="},
				{In: "No Chinese here.", Out: "="},
				{In: "図書館で日本語を勉強する。", Out: "="},
				{Params: "traditional", In: "头发与发展，皇后与后来，干净的干部。", Out: "頭髮與發展，皇后與後來，乾淨的幹部。"},
				{Params: "{to: taiwan, words: true}", In: "内存和鼠标", Out: "記憶體和滑鼠"},
				{Params: "{from: taiwan, words: true}", In: "記憶體和滑鼠", Out: "内存和鼠标"},
				{Params: "hongkong", In: "里面的线", Out: "裏面的線"},
			},
		},
		Unit: filters.Each,
	})
}
