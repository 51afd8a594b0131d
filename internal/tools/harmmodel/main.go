// Command harmmodel trains the harm classifiers that the binary carries, one a language, and writes the model files, and the card with the figures on rows that were kept
// apart. It reads the shared data sets:
//
//	go run ./internal/tools/harmmodel -out filters/harm/model
//
// data.go says what is trained on, templates.go holds the sentences written for it, train.go fits the weights, figures.go measures.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"winnow/filters/harm"
	"winnow/internal/shared"
)

func main() {
	out := flag.String("out", "filters/harm/model", "folder for the model files")
	langs := flag.String("lang", "en,zh", "languages to train, en, zh or both")
	leaveOut := flag.Bool("leave-out", false, "also train once without each kind of HateCheck sentence and measure on it (minutes)")
	flag.Parse()
	if err := run(*out, *langs, *leaveOut); err != nil {
		fmt.Fprintln(os.Stderr, "harmmodel:", err)
		os.Exit(1)
	}
}

func run(out, langs string, leaveOut bool) error {
	dir, ok := shared.Path()
	if !ok {
		return fmt.Errorf("the shared data folder %s is absent; set %s", dir, shared.EnvVar)
	}
	for _, lang := range []string{"en", "zh"} {
		if langs != "en,zh" && langs != lang {
			continue
		}
		examples, err := load(lang, dir)
		if err != nil {
			return err
		}
		m := train(lang, examples, "")
		data, err := m.Bytes()
		if err != nil {
			return err
		}
		enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
		if err != nil {
			return err
		}
		path := filepath.Join(out, "harm-"+lang+".bin.zst")
		if err := os.MkdirAll(out, 0o755); err != nil {
			return err
		}
		packed := enc.EncodeAll(data, nil)
		if err := os.WriteFile(path, packed, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes, %d trigger words\n", path, len(packed), len(m.Triggers))
		report(os.Stdout, examples, m)
		reportTriggers(os.Stdout, examples, m)
		if leaveOut && lang == "en" {
			leaveOneOut(os.Stdout, examples)
		}
	}
	return nil
}

// figuresOf scores the rows of a part with a model.
func figuresOf(examples []example, m *harm.Linear, p part, keep func(*example) bool) map[string][]scored {
	s := m.NewScorer()
	by := map[string][]scored{}
	for i := range examples {
		x := &examples[i]
		if x.part == p && keep(x) {
			by[x.set] = append(by[x.set], scored{s.Score([]byte(x.text)), x.harmful, x.group})
		}
	}
	return by
}
