package privacy

import "time"

// ssn returns the end of a US social security number that begins at i, or 0: 3-2-4 digits; area not 000, 666 or 9xx, group not 00, serial not 0000. Without
// hyphens the words before it must name it.
func (s *Scanner) ssn(i int) int {
	if !s.Kinds.has(USSSN) {
		return 0
	}
	g := s.groupsAt(i, "- ")
	var d []byte
	end := 0
	var buf [12]byte
	switch {
	case g.n == 3 && g.shaped(3, 2, 4) && (g.sep[1] == '-' || s.near(i, ssnWords...)):
		end = g.end[2]
		d = digitsOf(buf[:0], s.b[i:end])
	case g.n == 1 && g.length(0) == 9 && s.before(i, ssnWords...):
		end = g.end[0]
		d = s.b[i:end]
	default:
		return 0
	}
	if !s.ends(end) || s.at(end) == '-' && digit(s.at(end+1)) || s.at(i-1) == '-' && digit(s.at(i-2)) {
		return 0
	}
	if d[0] == '9' || string(d[:3]) == "000" || string(d[:3]) == "666" || string(d[3:5]) == "00" || string(d[5:]) == "0000" {
		return 0
	}
	if s.before(i, "cas", "isbn") {
		return 0
	}
	return s.add(USSSN, i, end)
}

var ssnWords = []string{"ssn", "social security number", "social security no", "social security", "社会安全号", "社会安全号码", "社会安全"}

// residentID returns the end of a Chinese resident identity number that begins at i, or 0: GB 11643, region, date of birth, sequence, and the check character
// of ISO 7064 MOD 11-2.
func (s *Scanner) residentID(i int) int {
	b := s.b
	if !s.Kinds.has(CNResidentID) || i+18 > len(b) || b[i] < '1' || b[i] > '9' {
		return 0
	}
	sum := 0
	for k := range 17 {
		c := b[i+k]
		if !digit(c) {
			return 0
		}
		sum += int(c-'0') * residentWeights[k]
	}
	check := b[i+17]
	if check == 'x' {
		check = 'X'
	}
	if check != "10X98765432"[sum%11] || i > 0 && alnum(b[i-1]) || alnum(s.at(i+18)) {
		return 0
	}
	if !provinceCode[int(b[i]-'0')*10+int(b[i+1]-'0')] {
		return 0
	}
	year := int(b[i+6]-'0')*1000 + int(b[i+7]-'0')*100 + int(b[i+8]-'0')*10 + int(b[i+9]-'0')
	month, day := int(b[i+10]-'0')*10+int(b[i+11]-'0'), int(b[i+12]-'0')*10+int(b[i+13]-'0')
	if year < 1880 || year > 2099 || month < 1 || month > 12 || day < 1 || day > time.Date(year, time.Month(month+1), 0, 0, 0, 0, 0, time.UTC).Day() {
		return 0
	}
	return s.add(CNResidentID, i, i+18)
}

var residentWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// provinceCode are the first two digits of GB/T 2260, with 91 for foreigners' permits.
var provinceCode = func() (t [100]bool) {
	for _, c := range []int{11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83, 91} {
		t[c] = true
	}
	return t
}()

// passport returns the end of a Chinese passport's number whose token is b[start:end], or 0. The ordinary forms (E or G and 8 digits, or E,
// a letter and 7 digits) stand for themselves unless a word before them names a thing; the forms for officials and territories (D, S, P, H and 8 digits)
// need the word passport.
func (s *Scanner) passport(start, end int) int {
	if !s.Kinds.has(CNPassport) || end-start != 9 {
		return 0
	}
	b := s.b[start:end]
	digits := 1
	if upper(b[1]) {
		if b[0] != 'E' {
			return 0
		}
		digits = 2
	}
	for _, c := range b[digits:] {
		if !digit(c) {
			return 0
		}
	}
	named := s.near(start, "passport", "passports", "护照", "護照")
	switch b[0] {
	case 'E', 'G':
		if !named && (s.before(start, notPersonal...) || s.at(start-1) == '-' || s.at(end) == '-') {
			return 0
		}
	case 'D', 'S', 'P', 'H':
		if !named {
			return 0
		}
	default:
		return 0
	}
	return s.add(CNPassport, start, end)
}

// provinces are the characters that begin a licence plate of the mainland (GA 36).
var provinces = func() map[string]bool {
	m := map[string]bool{}
	for _, r := range "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼" {
		m[string(r)] = true
	}
	return m
}()

// plate looks for a licence plate whose letter stands at i, after the character of a province: five characters follow, six on cars with new drives, with a
// dot before them or not, and at least one is a digit. I and O are not used.
func (s *Scanner) plate(i int) int {
	if i < 3 || !provinces[string(s.b[i-3:i])] || i-3 < s.free() {
		return i + 1
	}
	k := i + 1
	for _, dot := range []string{"·", "•", "・", ".", " ", "-"} {
		if k+len(dot) <= len(s.b) && string(s.b[k:k+len(dot)]) == dot {
			k += len(dot)
			break
		}
	}
	start, digits, masked := k, 0, 0
	for k < len(s.b) && alnum(s.b[k]) {
		c := s.b[k]
		if class[c]&isLower != 0 || c == 'I' || c == 'O' {
			return i + 1
		}
		if digit(c) {
			digits++
		} else if c == 'X' {
			masked++
		}
		k++
	}
	if masked >= 3 { // 渝A12XXX: a court has masked it
		return i + 1
	}
	if n := k - start; n == 4 && digits > 0 { // trailers, police and learners' cars end in a character
		for _, last := range []string{"挂", "警", "学", "港", "澳", "领"} {
			if k+3 <= len(s.b) && string(s.b[k:k+3]) == last {
				return s.add(CNPlate, i-3, k+3)
			}
		}
	} else if digits > 0 && (n == 5 || n == 6) {
		return s.add(CNPlate, i-3, k)
	}
	return i + 1
}
