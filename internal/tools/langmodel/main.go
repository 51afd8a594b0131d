// Command langmodel trains the weights by which filters/language tells languages of one script: naive Bayes over the n-grams of frequent words, then a few rounds of a
// perceptron on made sentences and the Universal Declaration of Human Rights. It reads the shared word lists and never the development set.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"winnow/filters/language"
	"winnow/internal/atomicfile"
	"winnow/internal/shared"
)

// scripts lists the languages of each model.
var scripts = []struct {
	bits  int
	langs string
}{
	{16, "af,cs,da,de,en,eo,es,et,fi,fr,hr,hu,id,is,it,lt,lv,nl,no,pl,pt,ro,sk,sl,sq,sv,sw,tl,tr,vi"},
	{14, "bg,ru,sr,uk"},
	{13, "ar,fa"},
}

func main() {
	out := flag.String("out", "filters/language/model/languages.bin.zst", "file to write")
	power := flag.Float64("power", 0.6, "how much a word's count weighs: count to this power")
	rounds := flag.Int("rounds", 6, "rounds of the perceptron")
	flag.Parse()
	if err := run(*out, *power, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "langmodel:", err)
		os.Exit(1)
	}
}

type word struct {
	text  []rune
	count float64
}

func run(out string, power float64, rounds int) error {
	dir, ok := shared.Path()
	if !ok {
		return fmt.Errorf("the shared folder %s is absent", dir)
	}
	words := map[string][]word{}
	err := lines(filepath.Join(dir, "data/language/lid_words.tsv.zst"), func(f []string) {
		n, _ := strconv.ParseFloat(f[2], 64)
		words[f[0]] = append(words[f[0]], word{[]rune(strings.ToLower(f[1])), n})
	})
	if err != nil {
		return err
	}
	udhr := map[string][]string{}
	if err := lines(filepath.Join(dir, "data/language/lid_udhr.tsv.zst"), func(f []string) { udhr[f[0]] = append(udhr[f[0]], f[1]) }); err != nil {
		return err
	}
	var models []*language.Model
	for _, s := range scripts {
		models = append(models, train(strings.Split(s.langs, ","), s.bits, words, udhr, power, rounds))
	}
	var buf bytes.Buffer
	enc, err := zstd.NewWriter(&buf, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	if err := language.WriteModels(enc, models); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	fmt.Printf("%d bytes\n", buf.Len())
	return atomicfile.Write(out, buf.Bytes())
}

func lines(path string, each func([]string)) error {
	data, err := shared.Read(path)
	if err != nil {
		return err
	}
	in := bufio.NewReader(bytes.NewReader(data))
	for {
		line, err := in.ReadString('\n')
		if f := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(f) >= 2 && f[0] != "" {
			each(f)
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// train makes one model.
func train(langs []string, bits int, words map[string][]word, udhr map[string][]string, power float64, rounds int) *language.Model {
	n := len(langs)
	counts := make([]float64, n<<bits)
	totals := make([]float64, n)
	add := func(l int, w []rune, weight float64) {
		language.Grams(w, bits, func(row uint32) {
			counts[int(row)*n+l] += weight
			totals[l] += weight
		})
	}
	for l, code := range langs {
		for _, w := range words[code] {
			add(l, w.text, math.Pow(w.count, power))
		}
		scale := 0.3 * totals[l]
		before := totals[l]
		for _, s := range udhr[code] {
			for _, w := range wordsOf(s) {
				add(l, w, 1)
			}
		}
		_ = scale
		_ = before
	}
	weights := make([]float64, len(counts))
	for row := range 1 << bits {
		mean := 0.0
		for l := range n {
			x := math.Log((counts[row*n+l]/totals[l])*1e6 + 1)
			weights[row*n+l] = x
			mean += x / float64(n)
		}
		for l := range n {
			weights[row*n+l] -= mean
		}
	}
	perceptron(weights, langs, bits, words, udhr, rounds)
	m := &language.Model{Languages: langs, Bits: bits, Weights: make([]int8, len(weights))}
	for i, w := range weights {
		m.Weights[i] = int8(max(-127, min(127, math.Round(w*language.Scale))))
	}
	return m
}

// perceptron corrects the weights on sentences that they judge wrongly or barely rightly: sentences drawn word by word from the lists, and those of the declaration.
func perceptron(weights []float64, langs []string, bits int, words map[string][]word, udhr map[string][]string, rounds int) {
	n := len(langs)
	r := rand.New(rand.NewPCG(5, 7))
	type sample struct {
		lang int
		rows []uint32
	}
	var samples []sample
	addSample := func(l int, ws [][]rune) {
		var rows []uint32
		for _, w := range ws {
			language.Grams(w, bits, func(row uint32) { rows = append(rows, row) })
		}
		samples = append(samples, sample{l, rows})
	}
	for l, code := range langs {
		list := words[code]
		if len(list) > 0 {
			cum := make([]float64, len(list))
			sum := 0.0
			for i, w := range list {
				sum += math.Pow(w.count, 0.75)
				cum[i] = sum
			}
			for range 1500 {
				var ws [][]rune
				for range 2 + r.IntN(8) {
					x := r.Float64() * sum
					lo, hi := 0, len(cum)-1
					for lo < hi {
						if mid := (lo + hi) / 2; cum[mid] < x {
							lo = mid + 1
						} else {
							hi = mid
						}
					}
					ws = append(ws, list[lo].text)
				}
				addSample(l, ws)
			}
		}
		for _, s := range udhr[code] {
			ws := wordsOf(s)
			for i := 0; i < len(ws); i += 6 {
				addSample(l, ws[i:min(i+6, len(ws))])
			}
		}
	}
	for round := range rounds {
		r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
		wrong := 0
		rate := 0.06 / float64(1+round)
		scores := make([]float64, n)
		for _, s := range samples {
			clear(scores)
			for _, row := range s.rows {
				for l := range n {
					scores[l] += weights[int(row)*n+l]
				}
			}
			rival := -1
			for l := range n {
				if l != s.lang && (rival < 0 || scores[l] > scores[rival]) {
					rival = l
				}
			}
			if rival < 0 || scores[s.lang] > scores[rival]+0.3*float64(len(s.rows)) {
				continue
			}
			if scores[s.lang] <= scores[rival] {
				wrong++
			}
			for _, row := range s.rows {
				weights[int(row)*n+s.lang] += rate
				weights[int(row)*n+rival] -= rate
			}
		}
		fmt.Printf("%d languages, round %d: %d of %d wrong\n", n, round+1, wrong, len(samples))
	}
}

func wordsOf(s string) [][]rune {
	var out [][]rune
	for _, f := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !isWordRune(r) }) {
		out = append(out, []rune(f))
	}
	return out
}
