return a or b and c < d | e ~ f & g << h .. i + j * -k ^ l,
  a .. b .. c, a - b - c, a ^ b ^ c, not a == b, -a ^ -b, #a .. b, a < b == c, a // b / c % d, ~a & b
