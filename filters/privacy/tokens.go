package privacy

// token looks at a run of letters and digits, b[start:end], that holds a digit, and returns where the walk goes on, 0 when it is nothing.
func (s *Scanner) token(start, end int) int {
	if s.at(start-1) != '_' {
		if n := s.passport(start, end); n > 0 {
			return n
		}
		if n := s.iban(start, end); n > 0 {
			return n
		}
		if n := s.crypto(start, end); n > 0 {
			return n
		}
	}
	return s.apiKey(start, end)
}

// ibanLength is the length of the number by country (ISO 13616, SWIFT registry).
var ibanLength = map[string]int{"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22,
	"CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18,
	"GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28,
	"PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23,
	"TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30}

// iban returns the end of an international bank account number that begins at start, in one run or in groups of four, or 0: the country's length and the check
// digits (mod 97 = 1).
func (s *Scanner) iban(start, end int) int {
	b := s.b
	if !s.Kinds.has(IBAN) || end-start < 4 || !upper(b[start]) || !upper(b[start+1]) || !digit(b[start+2]) || !digit(b[start+3]) {
		return 0
	}
	want := ibanLength[string(b[start:start+2])]
	if want == 0 || end-start != 4 && end-start != want {
		return 0
	}
	var number [40]byte
	n, k := 0, start
	for k < len(b) && n < want {
		c := b[k]
		if c == ' ' && n > 0 && n%4 == 0 && b[k-1] != ' ' {
			k++
			continue
		}
		if !digit(c) && !upper(c) {
			return 0
		}
		number[n] = c
		n++
		k++
	}
	if n != want || k < len(b) && alnum(b[k]) {
		return 0
	}
	mod := 0
	for j := range want {
		c := number[(j+4)%want]
		if digit(c) {
			mod = (mod*10 + int(c-'0')) % 97
		} else {
			mod = (mod*100 + int(c-'A') + 10) % 97
		}
	}
	if mod != 1 {
		return 0
	}
	return s.add(IBAN, start, k)
}
