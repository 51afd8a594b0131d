package dedup

import (
	"winnow/filters"
	"winnow/internal/spec"
)

const dedupDoc = `Of rows that say the same only one stays. The others go to ` + "`dropped/`" + ` with the reason ` + "`exact copy` or `near copy`" + `, the id of the row that stays in the
column ` + "`duplicate_of`" + ` and the similarity in ` + "`dedup_similarity`" + `.

` + "`method: minhash`" + ` finds near copies. A row is a set of shingles: runs of words, or in Chinese of characters, without regard to case, width, punctuation and white
space. The similarity of two rows is the Jaccard index of their sets, the share of shingles that both have. MinHash signatures (Broder 1997), cut into bands, bring
together rows that are probably similar; ` + "`verify`" + ` then compares the shingles of these candidates exactly, so that no row is lost to chance. Exact copies are found too.

What similarity means: with a share p of the words changed and shingles of k words, about q/(2 − q) of the shingles are shared, q = (1 − p)^k. A text with 5 % of its
words changed has a similarity of .63 at 5 words and of .75 at 3.

| preset | similarity | shingles | finds |
|---|---|---|---|
| copies | 0.7 | 5 words, 4 Chinese characters | the same text with small repairs, another header, a cut end |
| rewrites | 0.55, in Chinese 0.5 | 3 words, 3 Chinese characters | texts with up to a tenth of the words changed; also templates that differ in a name |
| fineweb | 0.7 | 5 words or characters, 14 bands of 8 rows | what FineWeb's setting finds: 92 % of pairs at .8, 56 % at .7 |

A pair of similarity s is a candidate with probability 1 − (1 − s^rows)^bands. Where ` + "`bands`" + ` and ` + "`rows`" + ` are not given they are chosen so that a pair at the threshold is
found with .98.

Copies of copies form one cluster, of which one row stays: the first in the order of sources and rows, or the longest. Put the better source first.

` + "`method: exact`" + ` keeps one of the rows whose text, or whose columns ` + "`by`" + `, are the same; of text, case, width, punctuation and white space do not count. A row in which all
columns of ` + "`by`" + ` are empty is a copy of none. ` + "`method: url`" + ` keeps one row of each address, whatever its scheme, www, tracking parameters and fragment.

` + "`method: line` and `method: paragraph`" + ` drop no rows but cut, out of each row, what stands word for word in at least ` + "`copies`" + ` rows: menus, disclaimers, signatures. The first row keeps it, or none
does with ` + "`survivor: none`" + `. Short lines (` + "`min_length`" + `) stay. A row of which nothing is left is dropped.

Measured on 4 MB of books, reports and questions with planted copies: ` + "`copies`" + ` finds all copies in which up to 4 % of the words were changed and that keep a similarity of .8;
` + "`rewrites`" + ` finds 97 % of those with 2 to 10 % changed. 

Pages of one template ("Is albinism inherited?", "Is galactosemia inherited?") share most of their words and mean different things. With ` + "`templates: keep`" + ` two similar rows are different
when each has a rare word that the other lacks and they share fewer of their rare words than half; a word is rare that stands in at most ten candidates, or in one of 500 of them. On 3 MB
of the bench corpus with all its defects ` + "`rewrites`" + ` so loses 2 of 319 clean medical rows in place of 53, and finds as many planted copies as without (154 of 155). Where the set is
small, a template's own words look rare, too, and its pages may still go.

Pitfalls: in instruction data built from templates one common word may make the difference: raise ` + "`similarity`" + ` or read some rows with
` + "`winnow look RUN --dropped --step dedup`" + ` before trusting it. Versions of one statute are near copies by nature.`

func init() {
	filters.Register(filters.Registration{Spec: spec.Spec{
		Name: "dedup", Group: "dedup", Short: "method",
		Summary: "keeps one of several rows that say the same, word for word or nearly",
		Doc:     dedupDoc,
		Example: "dedup: {method: minhash, similarity: 0.8}",
		New:     func() any { return new(Dedup) },
	}, Unit: filters.Whole})
}
