package quality

import (
	"winnow/filters"
	"winnow/filters/quality/strict"
)

// applyStrict judges an English row by datatrove's own count of words and lines.
func (q *Quality) applyStrict(row *filters.Row) {
	text := string(row.Text())
	if q.Preset == "c4" {
		left, reason := strict.C4(text)
		score := 1.0
		if reason != "" {
			score = 0
		} else if q.Action == "drop" && len(row.Pieces()) == 1 && left != text {
			row.SetText([]byte(left))
		}
		row.Score("quality", score)
		if reason != "" {
			q.drop(row, reason)
		}
		return
	}
	q.tokens = strict.Tokens(q.tokens[:0], text)
	x := strict.Measure(text, q.tokens)
	f := &q.figures
	*f = figures{doc: row.Doc(), counts: row.Doc().Counts(), lang: "en", words: x.Words, tokens: x.Tokens, wordLength: x.WordLength, letterTokens: x.LetterTokens, stopWords: x.StopWords,
		bulletLines: x.BulletLines, ellipsisLines: x.EllipsisLines, terminalLines: x.TerminalLines, shortLines: x.ShortLines, duplicateLineCharacters: x.DuplicateLines}
	if q.Preset == "fineweb" { // its line breaks are counted by all tokens
		f.words = x.Tokens
	}
	set := q.sets["en"]
	score, reason := 1.0, ""
	for _, r := range set.active {
		figure := rules[r].figure(f)
		if reason == "" && r.broken(figure, set.limit[r]) {
			reason = rules[r].reason
		}
		score = min(score, r.margin(figure, set.limit[r]))
	}
	row.Score("quality", score)
	if reason != "" {
		q.drop(row, reason)
	}
}
