// Command langmodel trains the weights of the package internal/text/langid from word lists and translations of one text:
//
//	go run ./internal/tools/langmodel ../shared/data/language internal/text/langid
//
// It reads lid_words.tsv.zst (language, word, count) and lid_udhr.tsv.zst (language, sentence) and writes model.zst. Examples are runs of words drawn by their
// counts, and pieces of the sentences; the model is multinomial logistic regression over hashed features, fitted by AdaGrad (Duchi et al. 2011). The same input
// gives the same bytes.
package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"winnow/internal/shared"
	"winnow/internal/text/langid"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: langmodel DATA FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "langmodel:", err)
		os.Exit(1)
	}
}

func run(data, folder string) error {
	words, err := shared.Read(filepath.Join(data, "lid_words.tsv.zst"))
	if err != nil {
		return err
	}
	sentences, err := shared.Read(filepath.Join(data, "lid_udhr.tsv.zst"))
	if err != nil {
		return err
	}
	c := readCorpora(string(words), string(sentences))
	latin := train(c, langid.LatinLanguages, 32, langid.LatinBits, func(string) func(rune) bool { return langid.Latin })
	other := train(c, langid.OtherLanguages, 8, langid.OtherBits, func(lang string) func(rune) bool {
		if lang == "ar" || lang == "fa" {
			return langid.Arabic
		}
		return langid.Cyrillic
	})
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	packed := enc.EncodeAll(append(latin, other...), nil)
	fmt.Printf("model.zst: %d bytes\n", len(packed))
	return os.WriteFile(filepath.Join(folder, "model.zst"), packed, 0o644)
}

// corpus is what is known of one language.
type corpus struct {
	words     []string
	until     []float64 // running sum of the chances of the words
	sentences []string
}

// temper flattens the counts of the words: texts differ from the subtitles that were counted, and rare words must be seen, too.
const temper = .7

func readCorpora(words, sentences string) map[string]*corpus {
	out := map[string]*corpus{}
	get := func(lang string) *corpus {
		if out[lang] == nil {
			out[lang] = &corpus{}
		}
		return out[lang]
	}
	for line := range strings.Lines(words) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			continue
		}
		n, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			continue
		}
		if f[0] == "sr" {
			f[1] = cyrillic(f[1])
		}
		c := get(f[0])
		sum := 0.0
		if len(c.until) > 0 {
			sum = c.until[len(c.until)-1]
		}
		c.words, c.until = append(c.words, f[1]), append(c.until, sum+math.Pow(n, temper))
	}
	for line := range strings.Lines(sentences) {
		if lang, s, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			get(lang).sentences = append(get(lang).sentences, s)
		}
	}
	return out
}

// cyrillic writes Serbian as it is written in Serbia's first script; the word list has the second.
var serbian = strings.NewReplacer("lj", "љ", "nj", "њ", "dž", "џ", "a", "а", "b", "б", "c", "ц", "č", "ч", "ć", "ћ", "d", "д", "đ", "ђ", "e", "е", "f", "ф", "g", "г", "h", "х", "i", "и",
	"j", "ј", "k", "к", "l", "л", "m", "м", "n", "н", "o", "о", "p", "п", "r", "р", "s", "с", "š", "ш", "t", "т", "u", "у", "v", "в", "z", "з", "ž", "ж")

func cyrillic(s string) string { return serbian.Replace(s) }

// sample makes one example of a language.
func (c *corpus) sample(r *rand.Rand) string {
	if len(c.words) == 0 || len(c.sentences) > 0 && r.IntN(5) == 0 {
		f := strings.Fields(c.sentences[r.IntN(len(c.sentences))])
		n := min(len(f), 1+r.IntN(12))
		at := r.IntN(len(f) - n + 1)
		return strings.Join(f[at:at+n], " ")
	}
	n := 1 + r.IntN(10)
	var b strings.Builder
	for range n {
		x := r.Float64() * c.until[len(c.until)-1]
		b.WriteString(c.words[min(sort.SearchFloat64s(c.until, x), len(c.words)-1)])
		b.WriteByte(' ')
	}
	return b.String()
}

const (
	examples   = 6000 // of each language in an epoch
	epochs     = 5
	gain       = 12. // of the mean weight, to a logit
	rate       = .35
	negligible = .002 // an error of a probability that is not worth a step
)

// train returns the int8 weights of a table, column after column.
func train(c map[string]*corpus, languages []string, columns int, bits uint, script func(string) func(rune) bool) []byte {
	rows := 1 << bits
	w, g := make([]float32, rows*columns), make([]float32, rows*columns)
	r := rand.New(rand.NewPCG(1, 2))
	var features []uint32
	sums, logits := make([]float32, len(languages)), make([]float64, len(languages))
	type step struct {
		column int
		by     float32
	}
	var wrong []step
	for epoch := range epochs {
		right, n, loss := 0, 0, 0.0
		for range examples {
			for y, lang := range languages {
				features = langid.Features(features[:0], []byte(c[lang].sample(r)), script(lang), bits)
				if len(features) == 0 {
					continue
				}
				scale := gain / float64(len(features))
				clear(sums)
				for _, f := range features {
					row := w[int(f)*columns : int(f)*columns+len(sums)]
					for k, x := range row {
						sums[k] += x
					}
				}
				best, sum := 0, 0.0
				for k := range logits {
					logits[k] = float64(sums[k]) * scale
					if logits[k] > logits[best] {
						best = k
					}
				}
				top := logits[best]
				for k := range logits {
					logits[k] = math.Exp(logits[k] - top)
					sum += logits[k]
				}
				n++
				if best == y {
					right++
				}
				loss -= math.Log(logits[y] / sum)
				wrong = wrong[:0]
				for k := range logits {
					d := logits[k] / sum
					if k == y {
						d--
					}
					if math.Abs(d) > negligible {
						wrong = append(wrong, step{k, float32(d * scale)})
					}
				}
				for _, f := range features {
					row, sq := w[int(f)*columns:int(f)*columns+columns], g[int(f)*columns:int(f)*columns+columns]
					for _, s := range wrong {
						sq[s.column] += s.by * s.by
						row[s.column] -= rate * s.by / float32(math.Sqrt(float64(sq[s.column]))+1e-3)
					}
				}
			}
		}
		fmt.Printf("%d languages, epoch %d: loss %.4f, right %.4f\n", len(languages), epoch, loss/float64(n), float64(right)/float64(n))
	}
	return quantize(w, rows, columns, len(languages))
}

// quantize scales the weights to int8 so that one in ten thousand is cut off, and takes from each row its mean, which changes no comparison.
func quantize(w []float32, rows, columns, used int) []byte {
	var sizes []float64
	for r := range rows {
		row := w[r*columns : r*columns+used]
		var mean float32
		for _, x := range row {
			mean += x
		}
		mean /= float32(used)
		for k := range row {
			row[k] -= mean
			if a := math.Abs(float64(row[k])); a > 0 {
				sizes = append(sizes, a)
			}
		}
	}
	sort.Float64s(sizes)
	scale := 127 / sizes[len(sizes)-1-len(sizes)/10000]
	out := make([]byte, rows*columns)
	for r := range rows {
		for k := range used {
			out[k*rows+r] = byte(int8(max(-127, min(127, math.Round(float64(w[r*columns+k])*scale)))))
		}
	}
	return out
}
