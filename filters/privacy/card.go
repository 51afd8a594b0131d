package privacy

// notPersonal are words that say that a bare number is the number of a thing.
var notPersonal = []string{"order", "tracking", "tracking no", "invoice", "sku", "ticket", "isbn", "issn", "ean", "upc", "doi", "serial", "part no", "model", "订单", "订单号", "单号", "运单", "发票", "货号", "编号", "序列"}

// card returns the end of a payment card's number that begins at i, or 0: 15 to 19 digits in one run or in the groups that cards have, an issuer's prefix and Luhn's
// check digit (ISO/IEC 7812).
func (s *Scanner) card(i int) int {
	if !s.Kinds.has(CreditCard) && !s.Kinds.has(BankCardCN) {
		return 0
	}
	g := s.groupsAt(i, " -")
	// Digits and a separator before it: the tail of something longer.
	inner := (s.at(i-1) == ' ' || s.at(i-1) == '-') && digit(s.at(i-2))
	var buf [24]byte
	for _, k := range [...]int{5, 4, 3, 2, 1} {
		if !cardShape(&g, k) || !s.ends(g.end[k-1]) || k < g.n && g.sep[k] == '-' || k > 1 && inner {
			continue
		}
		digits := digitsOf(buf[:0], s.b[i:g.end[k-1]])
		if kind, ok := issuer(digits); ok && s.Kinds.has(kind) && luhn(digits) {
			if k == 1 && s.before(i, notPersonal...) {
				return 0
			}
			return s.add(kind, i, g.end[k-1])
		}
	}
	return 0
}

// cardShape reports whether the first k groups look like a card.
func cardShape(g *groups, k int) bool {
	switch k {
	case 1:
		return g.length(0) >= 15 && g.length(0) <= 19
	case 2:
		return g.shaped(6, 13) || g.shaped(6, 10)
	case 3:
		return g.shaped(4, 6, 5)
	case 4:
		return g.shaped(4, 4, 4, 4)
	case 5:
		return g.n >= 5 && g.shaped(4, 4, 4, 4) && g.length(4) <= 3 && g.sep[4] == g.sep[1]
	}
	return false
}

// issuer returns the kind of card that a number's first digits and length belong to. Amex cards have 15 digits; test data often writes 16.
func issuer(d []byte) (Kind, bool) {
	if len(d) < 15 {
		return 0, false
	}
	n2, n4 := int(d[0]-'0')*10+int(d[1]-'0'), 0
	for _, c := range d[:4] {
		n4 = n4*10 + int(c-'0')
	}
	n := len(d)
	switch {
	case n2 == 62 && n >= 16:
		return BankCardCN, true
	case n4 == 9558 && n == 19: // ICBC's cards from before the prefix 62
		return BankCardCN, true
	case d[0] == '4' && (n == 16 || n == 19):
		return CreditCard, true
	case n == 16 && (n2 >= 51 && n2 <= 55 || n4 >= 2221 && n4 <= 2720):
		return CreditCard, true
	case (n2 == 34 || n2 == 37) && n <= 16:
		return CreditCard, true
	case n >= 16 && (n4 == 6011 || n4 >= 6440 && n4 <= 6599 || n4 >= 3528 && n4 <= 3589):
		return CreditCard, true
	case n == 16 && (n4 >= 3000 && n4 <= 3059 || n2 == 36 || n2 == 38 || n2 == 39):
		return CreditCard, true
	}
	return 0, false
}
