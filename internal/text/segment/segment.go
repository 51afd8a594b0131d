// Package segment cuts Chinese into words: the most likely cut by the counts of a dictionary, found by dynamic programming from the end (Viterbi over a unigram
// model, as jieba does it without its model of unknown words). The dictionary is jieba's (MIT, see LICENSE.jieba), 349,000 words, loaded on first use.
package segment

import (
	"bytes"
	_ "embed"
	"fmt"
	"strconv"
	"sync"

	"github.com/klauspost/compress/zstd"

	"winnow/internal/text"
)

//go:generate go run winnow/internal/tools/segmentwords ../../../../shared/data/language/jieba_dict.txt.zst .

//go:embed words.zst
var packed []byte

// dictionary gives each word its cost, the negative logarithm of its share in eighths, plus one so that 0 says that there is no such word.
type dictionary struct {
	trie    *text.Trie
	unknown int32 // cost of a character that is no word
}

var loaded = sync.OnceValue(func() *dictionary {
	dec, err := zstd.NewReader(nil)
	if err != nil {
		panic(err)
	}
	defer dec.Close()
	raw, err := dec.DecodeAll(packed, nil)
	if err != nil {
		panic(fmt.Sprintf("the embedded dictionary is damaged: %v", err))
	}
	head, rest, _ := bytes.Cut(raw, []byte("\n"))
	total, err := strconv.Atoi(string(head))
	if err != nil {
		panic(fmt.Sprintf("the embedded dictionary is damaged: %v", err))
	}
	d := &dictionary{trie: text.NewTrie(400_000), unknown: int32(total) + 1}
	var word []byte
	for len(rest) > 2 {
		k, n := int(rest[0]), int(rest[1])
		word = append(word[:k], rest[2:2+n]...)
		d.trie.Add(string(word), int32(total)-int32(rest[2+n])+1)
		rest = rest[3+n:]
	}
	return d
})

// Segmenter keeps scratch memory; it belongs to one goroutine.
type Segmenter struct {
	at   []int32 // bytes at which the characters of a run begin, and its end
	cost []int32 // least cost from a character to the end of the run
	next []int32 // the character at which the word that begins here ends
	runs []rune
}

// longestWord bounds the words looked for, in characters.
const longestWord = 16

// Cut calls word with the words of a run of Chinese characters, as bytes [start, end) of b. Other characters in b are words by themselves.
func (s *Segmenter) Cut(b []byte, word func(start, end int)) {
	d := loaded()
	s.at, s.runs = s.at[:0], s.runs[:0]
	for i := 0; i < len(b); {
		r, n := text.DecodeRune(b[i:])
		s.at, s.runs = append(s.at, int32(i)), append(s.runs, r)
		i += n
	}
	n := len(s.runs)
	s.at = append(s.at, int32(len(b)))
	for len(s.cost) <= n {
		s.cost, s.next = append(s.cost, 0), append(s.next, 0)
	}
	s.cost[n] = 0
	for i := n - 1; i >= 0; i-- {
		best, end := d.unknown+s.cost[i+1], int32(i+1)
		state := int32(0)
		for j := i; j < n && j < i+longestWord; j++ {
			if state = d.trie.Step(state, s.runs[j]); state == 0 {
				break
			}
			if v := d.trie.Value(state); v != 0 {
				if c := v - 1 + s.cost[j+1]; c < best || c == best && j > i {
					best, end = c, int32(j+1)
				}
			}
		}
		s.cost[i], s.next[i] = best, end
	}
	for i := 0; i < n; i = int(s.next[i]) {
		word(int(s.at[i]), int(s.at[s.next[i]]))
	}
}

// maxRun bounds the characters cut at a time: costs stay far from the bounds of int32, and memory small.
const maxRun = 4096

// Words appends the words of a text to dst: the words of doc, with its runs of Chinese characters put together into words of the dictionary.
func (s *Segmenter) Words(dst []text.Word, doc *text.Doc) []text.Word {
	words := doc.Words()
	for i := 0; i < len(words); {
		if words[i].Kind != text.Han {
			dst = append(dst, words[i])
			i++
			continue
		}
		j := i + 1
		for j < len(words) && words[j].Kind == text.Han && words[j].Start == words[j-1].End && j-i < maxRun {
			j++
		}
		from := int(words[i].Start)
		s.Cut(doc.Text()[from:words[j-1].End], func(a, b int) {
			w := doc.Text()[from+a : from+b]
			dst = append(dst, text.Word{Start: int32(from + a), End: int32(from + b), Hash: text.HashWord(string(w)), Kind: text.Han})
		})
		i = j
	}
	return dst
}
