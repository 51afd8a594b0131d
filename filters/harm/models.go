package harm

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The models are trained by `make harm-model` (internal/tools/harmmodel); harm.card.md says from what and how good they are.
//
//go:embed model/harm-en.bin.zst
var modelEN []byte

//go:embed model/harm-zh.bin.zst
var modelZH []byte

// Card is the models' card in Markdown.
//
//go:embed harm.card.md
var Card string

// model is a classifier with its trigger words looked up.
type model struct {
	*Linear
	triggers *triggerSet
}

var english = sync.OnceValue(func() *model { return unpackModel("harm-en", modelEN) })
var chinese = sync.OnceValue(func() *model { return unpackModel("harm-zh", modelZH) })

// unpackModel reads an embedded model. That it can be read is a test's business, not a run's.
func unpackModel(name string, data []byte) *model {
	m, err := readPacked(data)
	if err != nil {
		panic(fmt.Sprintf("the embedded model %s: %v", name, err))
	}
	return m
}

func readPacked(data []byte) (*model, error) {
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(1<<28))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(data, nil)
	if err != nil {
		return nil, err
	}
	l, err := ReadLinear(raw)
	if err != nil {
		return nil, err
	}
	return &model{l, newTriggerSet(l.Triggers, l.Lang == "zh")}, nil
}

// Model returns the embedded classifier of a language, en or zh; nil for any other.
func Model(lang string) *Linear {
	switch lang {
	case "en":
		return english().Linear
	case "zh":
		return chinese().Linear
	}
	return nil
}

// Explain returns the n words, or runs of Chinese characters, that speak most for harm in a text of a language, heaviest first; nil for a language without a
// model.
func Explain(text []byte, lang string, n int) []Weight {
	m := Model(lang)
	if m == nil {
		return nil
	}
	return m.NewScorer().Explain(text, n)
}
