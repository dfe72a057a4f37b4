-- Constants past the range of 8-bit operands: keys stay in their slots, operands go through registers.
local t = {
  k1 = "v1",
  k2 = "v2",
  k3 = "v3",
  k4 = "v4",
  k5 = "v5",
  k6 = "v6",
  k7 = "v7",
  k8 = "v8",
  k9 = "v9",
  k10 = "v10",
  k11 = "v11",
  k12 = "v12",
  k13 = "v13",
  k14 = "v14",
  k15 = "v15",
  k16 = "v16",
  k17 = "v17",
  k18 = "v18",
  k19 = "v19",
  k20 = "v20",
  k21 = "v21",
  k22 = "v22",
  k23 = "v23",
  k24 = "v24",
  k25 = "v25",
  k26 = "v26",
  k27 = "v27",
  k28 = "v28",
  k29 = "v29",
  k30 = "v30",
  k31 = "v31",
  k32 = "v32",
  k33 = "v33",
  k34 = "v34",
  k35 = "v35",
  k36 = "v36",
  k37 = "v37",
  k38 = "v38",
  k39 = "v39",
  k40 = "v40",
  k41 = "v41",
  k42 = "v42",
  k43 = "v43",
  k44 = "v44",
  k45 = "v45",
  k46 = "v46",
  k47 = "v47",
  k48 = "v48",
  k49 = "v49",
  k50 = "v50",
  k51 = "v51",
  k52 = "v52",
  k53 = "v53",
  k54 = "v54",
  k55 = "v55",
  k56 = "v56",
  k57 = "v57",
  k58 = "v58",
  k59 = "v59",
  k60 = "v60",
  k61 = "v61",
  k62 = "v62",
  k63 = "v63",
  k64 = "v64",
  k65 = "v65",
  k66 = "v66",
  k67 = "v67",
  k68 = "v68",
  k69 = "v69",
  k70 = "v70",
  k71 = "v71",
  k72 = "v72",
  k73 = "v73",
  k74 = "v74",
  k75 = "v75",
  k76 = "v76",
  k77 = "v77",
  k78 = "v78",
  k79 = "v79",
  k80 = "v80",
  k81 = "v81",
  k82 = "v82",
  k83 = "v83",
  k84 = "v84",
  k85 = "v85",
  k86 = "v86",
  k87 = "v87",
  k88 = "v88",
  k89 = "v89",
  k90 = "v90",
  k91 = "v91",
  k92 = "v92",
  k93 = "v93",
  k94 = "v94",
  k95 = "v95",
  k96 = "v96",
  k97 = "v97",
  k98 = "v98",
  k99 = "v99",
  k100 = "v100",
  k101 = "v101",
  k102 = "v102",
  k103 = "v103",
  k104 = "v104",
  k105 = "v105",
  k106 = "v106",
  k107 = "v107",
  k108 = "v108",
  k109 = "v109",
  k110 = "v110",
  k111 = "v111",
  k112 = "v112",
  k113 = "v113",
  k114 = "v114",
  k115 = "v115",
  k116 = "v116",
  k117 = "v117",
  k118 = "v118",
  k119 = "v119",
  k120 = "v120",
  k121 = "v121",
  k122 = "v122",
  k123 = "v123",
  k124 = "v124",
  k125 = "v125",
  k126 = "v126",
  k127 = "v127",
  k128 = "v128",
  k129 = "v129",
  k130 = "v130",
  k131 = "v131",
  k132 = "v132",
  k133 = "v133",
  k134 = "v134",
  k135 = "v135",
  k136 = "v136",
  k137 = "v137",
  k138 = "v138",
  k139 = "v139",
  k140 = "v140",
  k141 = "v141",
  k142 = "v142",
  k143 = "v143",
  k144 = "v144",
  k145 = "v145",
  k146 = "v146",
  k147 = "v147",
  k148 = "v148",
  k149 = "v149",
  k150 = "v150",
  k151 = "v151",
  k152 = "v152",
  k153 = "v153",
  k154 = "v154",
  k155 = "v155",
  k156 = "v156",
  k157 = "v157",
  k158 = "v158",
  k159 = "v159",
  k160 = "v160",
  k161 = "v161",
  k162 = "v162",
  k163 = "v163",
  k164 = "v164",
  k165 = "v165",
  k166 = "v166",
  k167 = "v167",
  k168 = "v168",
  k169 = "v169",
  k170 = "v170",
  k171 = "v171",
  k172 = "v172",
  k173 = "v173",
  k174 = "v174",
  k175 = "v175",
  k176 = "v176",
  k177 = "v177",
  k178 = "v178",
  k179 = "v179",
  k180 = "v180",
  k181 = "v181",
  k182 = "v182",
  k183 = "v183",
  k184 = "v184",
  k185 = "v185",
  k186 = "v186",
  k187 = "v187",
  k188 = "v188",
  k189 = "v189",
  k190 = "v190",
  k191 = "v191",
  k192 = "v192",
  k193 = "v193",
  k194 = "v194",
  k195 = "v195",
  k196 = "v196",
  k197 = "v197",
  k198 = "v198",
  k199 = "v199",
  k200 = "v200",
  k201 = "v201",
  k202 = "v202",
  k203 = "v203",
  k204 = "v204",
  k205 = "v205",
  k206 = "v206",
  k207 = "v207",
  k208 = "v208",
  k209 = "v209",
  k210 = "v210",
  k211 = "v211",
  k212 = "v212",
  k213 = "v213",
  k214 = "v214",
  k215 = "v215",
  k216 = "v216",
  k217 = "v217",
  k218 = "v218",
  k219 = "v219",
  k220 = "v220",
  k221 = "v221",
  k222 = "v222",
  k223 = "v223",
  k224 = "v224",
  k225 = "v225",
  k226 = "v226",
  k227 = "v227",
  k228 = "v228",
  k229 = "v229",
  k230 = "v230",
  k231 = "v231",
  k232 = "v232",
  k233 = "v233",
  k234 = "v234",
  k235 = "v235",
  k236 = "v236",
  k237 = "v237",
  k238 = "v238",
  k239 = "v239",
  k240 = "v240",
  k241 = "v241",
  k242 = "v242",
  k243 = "v243",
  k244 = "v244",
  k245 = "v245",
  k246 = "v246",
  k247 = "v247",
  k248 = "v248",
  k249 = "v249",
  k250 = "v250",
  k251 = "v251",
  k252 = "v252",
  k253 = "v253",
  k254 = "v254",
  k255 = "v255",
  k256 = "v256",
  k257 = "v257",
  k258 = "v258",
  k259 = "v259",
  k260 = "v260",
  k261 = "v261",
  k262 = "v262",
  k263 = "v263",
  k264 = "v264",
  k265 = "v265",
  k266 = "v266",
  k267 = "v267",
  k268 = "v268",
  k269 = "v269",
  k270 = "v270",
  k271 = "v271",
  k272 = "v272",
  k273 = "v273",
  k274 = "v274",
  k275 = "v275",
  k276 = "v276",
  k277 = "v277",
  k278 = "v278",
  k279 = "v279",
  k280 = "v280",
  k281 = "v281",
  k282 = "v282",
  k283 = "v283",
  k284 = "v284",
  k285 = "v285",
  k286 = "v286",
  k287 = "v287",
  k288 = "v288",
  k289 = "v289",
  k290 = "v290",
  k291 = "v291",
  k292 = "v292",
  k293 = "v293",
  k294 = "v294",
  k295 = "v295",
  k296 = "v296",
  k297 = "v297",
  k298 = "v298",
  k299 = "v299",
  k300 = "v300",
}
t[1] = 123456.5
local x = t.k300 + 654321
local y = x == "another"
-- bytecode:
-- function main chunk at line 0: 0+ parameters, 3 slots
--   upvalue 0 _ENV: environment
--      0 [2] NEWTABLE    R0 #300 #0
--      2 [3] SETFIELDK   R0 "v1" .k1
--      4 [4] SETFIELDK   R0 "v2" .k2
--      6 [5] SETFIELDK   R0 "v3" .k3
--      8 [6] SETFIELDK   R0 "v4" .k4
--     10 [7] SETFIELDK   R0 "v5" .k5
--     12 [8] SETFIELDK   R0 "v6" .k6
--     14 [9] SETFIELDK   R0 "v7" .k7
--     16 [10] SETFIELDK   R0 "v8" .k8
--     18 [11] SETFIELDK   R0 "v9" .k9
--     20 [12] SETFIELDK   R0 "v10" .k10
--     22 [13] SETFIELDK   R0 "v11" .k11
--     24 [14] SETFIELDK   R0 "v12" .k12
--     26 [15] SETFIELDK   R0 "v13" .k13
--     28 [16] SETFIELDK   R0 "v14" .k14
--     30 [17] SETFIELDK   R0 "v15" .k15
--     32 [18] SETFIELDK   R0 "v16" .k16
--     34 [19] SETFIELDK   R0 "v17" .k17
--     36 [20] SETFIELDK   R0 "v18" .k18
--     38 [21] SETFIELDK   R0 "v19" .k19
--     40 [22] SETFIELDK   R0 "v20" .k20
--     42 [23] SETFIELDK   R0 "v21" .k21
--     44 [24] SETFIELDK   R0 "v22" .k22
--     46 [25] SETFIELDK   R0 "v23" .k23
--     48 [26] SETFIELDK   R0 "v24" .k24
--     50 [27] SETFIELDK   R0 "v25" .k25
--     52 [28] SETFIELDK   R0 "v26" .k26
--     54 [29] SETFIELDK   R0 "v27" .k27
--     56 [30] SETFIELDK   R0 "v28" .k28
--     58 [31] SETFIELDK   R0 "v29" .k29
--     60 [32] SETFIELDK   R0 "v30" .k30
--     62 [33] SETFIELDK   R0 "v31" .k31
--     64 [34] SETFIELDK   R0 "v32" .k32
--     66 [35] SETFIELDK   R0 "v33" .k33
--     68 [36] SETFIELDK   R0 "v34" .k34
--     70 [37] SETFIELDK   R0 "v35" .k35
--     72 [38] SETFIELDK   R0 "v36" .k36
--     74 [39] SETFIELDK   R0 "v37" .k37
--     76 [40] SETFIELDK   R0 "v38" .k38
--     78 [41] SETFIELDK   R0 "v39" .k39
--     80 [42] SETFIELDK   R0 "v40" .k40
--     82 [43] SETFIELDK   R0 "v41" .k41
--     84 [44] SETFIELDK   R0 "v42" .k42
--     86 [45] SETFIELDK   R0 "v43" .k43
--     88 [46] SETFIELDK   R0 "v44" .k44
--     90 [47] SETFIELDK   R0 "v45" .k45
--     92 [48] SETFIELDK   R0 "v46" .k46
--     94 [49] SETFIELDK   R0 "v47" .k47
--     96 [50] SETFIELDK   R0 "v48" .k48
--     98 [51] SETFIELDK   R0 "v49" .k49
--    100 [52] SETFIELDK   R0 "v50" .k50
--    102 [53] SETFIELDK   R0 "v51" .k51
--    104 [54] SETFIELDK   R0 "v52" .k52
--    106 [55] SETFIELDK   R0 "v53" .k53
--    108 [56] SETFIELDK   R0 "v54" .k54
--    110 [57] SETFIELDK   R0 "v55" .k55
--    112 [58] SETFIELDK   R0 "v56" .k56
--    114 [59] SETFIELDK   R0 "v57" .k57
--    116 [60] SETFIELDK   R0 "v58" .k58
--    118 [61] SETFIELDK   R0 "v59" .k59
--    120 [62] SETFIELDK   R0 "v60" .k60
--    122 [63] SETFIELDK   R0 "v61" .k61
--    124 [64] SETFIELDK   R0 "v62" .k62
--    126 [65] SETFIELDK   R0 "v63" .k63
--    128 [66] SETFIELDK   R0 "v64" .k64
--    130 [67] SETFIELDK   R0 "v65" .k65
--    132 [68] SETFIELDK   R0 "v66" .k66
--    134 [69] SETFIELDK   R0 "v67" .k67
--    136 [70] SETFIELDK   R0 "v68" .k68
--    138 [71] SETFIELDK   R0 "v69" .k69
--    140 [72] SETFIELDK   R0 "v70" .k70
--    142 [73] SETFIELDK   R0 "v71" .k71
--    144 [74] SETFIELDK   R0 "v72" .k72
--    146 [75] SETFIELDK   R0 "v73" .k73
--    148 [76] SETFIELDK   R0 "v74" .k74
--    150 [77] SETFIELDK   R0 "v75" .k75
--    152 [78] SETFIELDK   R0 "v76" .k76
--    154 [79] SETFIELDK   R0 "v77" .k77
--    156 [80] SETFIELDK   R0 "v78" .k78
--    158 [81] SETFIELDK   R0 "v79" .k79
--    160 [82] SETFIELDK   R0 "v80" .k80
--    162 [83] SETFIELDK   R0 "v81" .k81
--    164 [84] SETFIELDK   R0 "v82" .k82
--    166 [85] SETFIELDK   R0 "v83" .k83
--    168 [86] SETFIELDK   R0 "v84" .k84
--    170 [87] SETFIELDK   R0 "v85" .k85
--    172 [88] SETFIELDK   R0 "v86" .k86
--    174 [89] SETFIELDK   R0 "v87" .k87
--    176 [90] SETFIELDK   R0 "v88" .k88
--    178 [91] SETFIELDK   R0 "v89" .k89
--    180 [92] SETFIELDK   R0 "v90" .k90
--    182 [93] SETFIELDK   R0 "v91" .k91
--    184 [94] SETFIELDK   R0 "v92" .k92
--    186 [95] SETFIELDK   R0 "v93" .k93
--    188 [96] SETFIELDK   R0 "v94" .k94
--    190 [97] SETFIELDK   R0 "v95" .k95
--    192 [98] SETFIELDK   R0 "v96" .k96
--    194 [99] SETFIELDK   R0 "v97" .k97
--    196 [100] SETFIELDK   R0 "v98" .k98
--    198 [101] SETFIELDK   R0 "v99" .k99
--    200 [102] SETFIELDK   R0 "v100" .k100
--    202 [103] SETFIELDK   R0 "v101" .k101
--    204 [104] SETFIELDK   R0 "v102" .k102
--    206 [105] SETFIELDK   R0 "v103" .k103
--    208 [106] SETFIELDK   R0 "v104" .k104
--    210 [107] SETFIELDK   R0 "v105" .k105
--    212 [108] SETFIELDK   R0 "v106" .k106
--    214 [109] SETFIELDK   R0 "v107" .k107
--    216 [110] SETFIELDK   R0 "v108" .k108
--    218 [111] SETFIELDK   R0 "v109" .k109
--    220 [112] SETFIELDK   R0 "v110" .k110
--    222 [113] SETFIELDK   R0 "v111" .k111
--    224 [114] SETFIELDK   R0 "v112" .k112
--    226 [115] SETFIELDK   R0 "v113" .k113
--    228 [116] SETFIELDK   R0 "v114" .k114
--    230 [117] SETFIELDK   R0 "v115" .k115
--    232 [118] SETFIELDK   R0 "v116" .k116
--    234 [119] SETFIELDK   R0 "v117" .k117
--    236 [120] SETFIELDK   R0 "v118" .k118
--    238 [121] SETFIELDK   R0 "v119" .k119
--    240 [122] SETFIELDK   R0 "v120" .k120
--    242 [123] SETFIELDK   R0 "v121" .k121
--    244 [124] SETFIELDK   R0 "v122" .k122
--    246 [125] SETFIELDK   R0 "v123" .k123
--    248 [126] SETFIELDK   R0 "v124" .k124
--    250 [127] SETFIELDK   R0 "v125" .k125
--    252 [128] SETFIELDK   R0 "v126" .k126
--    254 [129] SETFIELDK   R0 "v127" .k127
--    256 [130] SETFIELDK   R0 "v128" .k128
--    258 [131] SETFIELDK   R0 "v129" .k129
--    260 [132] SETFIELDK   R0 "v130" .k130
--    262 [133] SETFIELDK   R0 "v131" .k131
--    264 [134] SETFIELDK   R0 "v132" .k132
--    266 [135] SETFIELDK   R0 "v133" .k133
--    268 [136] SETFIELDK   R0 "v134" .k134
--    270 [137] SETFIELDK   R0 "v135" .k135
--    272 [138] SETFIELDK   R0 "v136" .k136
--    274 [139] SETFIELDK   R0 "v137" .k137
--    276 [140] SETFIELDK   R0 "v138" .k138
--    278 [141] SETFIELDK   R0 "v139" .k139
--    280 [142] SETFIELDK   R0 "v140" .k140
--    282 [143] SETFIELDK   R0 "v141" .k141
--    284 [144] SETFIELDK   R0 "v142" .k142
--    286 [145] SETFIELDK   R0 "v143" .k143
--    288 [146] SETFIELDK   R0 "v144" .k144
--    290 [147] SETFIELDK   R0 "v145" .k145
--    292 [148] SETFIELDK   R0 "v146" .k146
--    294 [149] SETFIELDK   R0 "v147" .k147
--    296 [150] SETFIELDK   R0 "v148" .k148
--    298 [151] SETFIELDK   R0 "v149" .k149
--    300 [152] SETFIELDK   R0 "v150" .k150
--    302 [153] SETFIELDK   R0 "v151" .k151
--    304 [154] SETFIELDK   R0 "v152" .k152
--    306 [155] SETFIELDK   R0 "v153" .k153
--    308 [156] SETFIELDK   R0 "v154" .k154
--    310 [157] SETFIELDK   R0 "v155" .k155
--    312 [158] SETFIELDK   R0 "v156" .k156
--    314 [159] SETFIELDK   R0 "v157" .k157
--    316 [160] SETFIELDK   R0 "v158" .k158
--    318 [161] SETFIELDK   R0 "v159" .k159
--    320 [162] SETFIELDK   R0 "v160" .k160
--    322 [163] SETFIELDK   R0 "v161" .k161
--    324 [164] SETFIELDK   R0 "v162" .k162
--    326 [165] SETFIELDK   R0 "v163" .k163
--    328 [166] SETFIELDK   R0 "v164" .k164
--    330 [167] SETFIELDK   R0 "v165" .k165
--    332 [168] SETFIELDK   R0 "v166" .k166
--    334 [169] SETFIELDK   R0 "v167" .k167
--    336 [170] SETFIELDK   R0 "v168" .k168
--    338 [171] SETFIELDK   R0 "v169" .k169
--    340 [172] SETFIELDK   R0 "v170" .k170
--    342 [173] SETFIELDK   R0 "v171" .k171
--    344 [174] SETFIELDK   R0 "v172" .k172
--    346 [175] SETFIELDK   R0 "v173" .k173
--    348 [176] SETFIELDK   R0 "v174" .k174
--    350 [177] SETFIELDK   R0 "v175" .k175
--    352 [178] SETFIELDK   R0 "v176" .k176
--    354 [179] SETFIELDK   R0 "v177" .k177
--    356 [180] SETFIELDK   R0 "v178" .k178
--    358 [181] SETFIELDK   R0 "v179" .k179
--    360 [182] SETFIELDK   R0 "v180" .k180
--    362 [183] SETFIELDK   R0 "v181" .k181
--    364 [184] SETFIELDK   R0 "v182" .k182
--    366 [185] SETFIELDK   R0 "v183" .k183
--    368 [186] SETFIELDK   R0 "v184" .k184
--    370 [187] SETFIELDK   R0 "v185" .k185
--    372 [188] SETFIELDK   R0 "v186" .k186
--    374 [189] SETFIELDK   R0 "v187" .k187
--    376 [190] SETFIELDK   R0 "v188" .k188
--    378 [191] SETFIELDK   R0 "v189" .k189
--    380 [192] SETFIELDK   R0 "v190" .k190
--    382 [193] SETFIELDK   R0 "v191" .k191
--    384 [194] SETFIELDK   R0 "v192" .k192
--    386 [195] SETFIELDK   R0 "v193" .k193
--    388 [196] SETFIELDK   R0 "v194" .k194
--    390 [197] SETFIELDK   R0 "v195" .k195
--    392 [198] SETFIELDK   R0 "v196" .k196
--    394 [199] SETFIELDK   R0 "v197" .k197
--    396 [200] SETFIELDK   R0 "v198" .k198
--    398 [201] SETFIELDK   R0 "v199" .k199
--    400 [202] SETFIELDK   R0 "v200" .k200
--    402 [203] SETFIELDK   R0 "v201" .k201
--    404 [204] SETFIELDK   R0 "v202" .k202
--    406 [205] SETFIELDK   R0 "v203" .k203
--    408 [206] SETFIELDK   R0 "v204" .k204
--    410 [207] SETFIELDK   R0 "v205" .k205
--    412 [208] SETFIELDK   R0 "v206" .k206
--    414 [209] SETFIELDK   R0 "v207" .k207
--    416 [210] SETFIELDK   R0 "v208" .k208
--    418 [211] SETFIELDK   R0 "v209" .k209
--    420 [212] SETFIELDK   R0 "v210" .k210
--    422 [213] SETFIELDK   R0 "v211" .k211
--    424 [214] SETFIELDK   R0 "v212" .k212
--    426 [215] SETFIELDK   R0 "v213" .k213
--    428 [216] SETFIELDK   R0 "v214" .k214
--    430 [217] SETFIELDK   R0 "v215" .k215
--    432 [218] SETFIELDK   R0 "v216" .k216
--    434 [219] SETFIELDK   R0 "v217" .k217
--    436 [220] SETFIELDK   R0 "v218" .k218
--    438 [221] SETFIELDK   R0 "v219" .k219
--    440 [222] SETFIELDK   R0 "v220" .k220
--    442 [223] SETFIELDK   R0 "v221" .k221
--    444 [224] SETFIELDK   R0 "v222" .k222
--    446 [225] SETFIELDK   R0 "v223" .k223
--    448 [226] SETFIELDK   R0 "v224" .k224
--    450 [227] SETFIELDK   R0 "v225" .k225
--    452 [228] SETFIELDK   R0 "v226" .k226
--    454 [229] SETFIELDK   R0 "v227" .k227
--    456 [230] SETFIELDK   R0 "v228" .k228
--    458 [231] SETFIELDK   R0 "v229" .k229
--    460 [232] SETFIELDK   R0 "v230" .k230
--    462 [233] SETFIELDK   R0 "v231" .k231
--    464 [234] SETFIELDK   R0 "v232" .k232
--    466 [235] SETFIELDK   R0 "v233" .k233
--    468 [236] SETFIELDK   R0 "v234" .k234
--    470 [237] SETFIELDK   R0 "v235" .k235
--    472 [238] SETFIELDK   R0 "v236" .k236
--    474 [239] SETFIELDK   R0 "v237" .k237
--    476 [240] SETFIELDK   R0 "v238" .k238
--    478 [241] SETFIELDK   R0 "v239" .k239
--    480 [242] SETFIELDK   R0 "v240" .k240
--    482 [243] SETFIELDK   R0 "v241" .k241
--    484 [244] SETFIELDK   R0 "v242" .k242
--    486 [245] SETFIELDK   R0 "v243" .k243
--    488 [246] SETFIELDK   R0 "v244" .k244
--    490 [247] SETFIELDK   R0 "v245" .k245
--    492 [248] SETFIELDK   R0 "v246" .k246
--    494 [249] SETFIELDK   R0 "v247" .k247
--    496 [250] SETFIELDK   R0 "v248" .k248
--    498 [251] SETFIELDK   R0 "v249" .k249
--    500 [252] SETFIELDK   R0 "v250" .k250
--    502 [253] SETFIELDK   R0 "v251" .k251
--    504 [254] SETFIELDK   R0 "v252" .k252
--    506 [255] SETFIELDK   R0 "v253" .k253
--    508 [256] SETFIELDK   R0 "v254" .k254
--    510 [257] SETFIELDK   R0 "v255" .k255
--    512 [258] SETFIELDK   R0 "v256" .k256
--    514 [259] SETFIELDK   R0 "v257" .k257
--    516 [260] SETFIELDK   R0 "v258" .k258
--    518 [261] SETFIELDK   R0 "v259" .k259
--    520 [262] SETFIELDK   R0 "v260" .k260
--    522 [263] SETFIELDK   R0 "v261" .k261
--    524 [264] SETFIELDK   R0 "v262" .k262
--    526 [265] SETFIELDK   R0 "v263" .k263
--    528 [266] SETFIELDK   R0 "v264" .k264
--    530 [267] SETFIELDK   R0 "v265" .k265
--    532 [268] SETFIELDK   R0 "v266" .k266
--    534 [269] SETFIELDK   R0 "v267" .k267
--    536 [270] SETFIELDK   R0 "v268" .k268
--    538 [271] SETFIELDK   R0 "v269" .k269
--    540 [272] SETFIELDK   R0 "v270" .k270
--    542 [273] SETFIELDK   R0 "v271" .k271
--    544 [274] SETFIELDK   R0 "v272" .k272
--    546 [275] SETFIELDK   R0 "v273" .k273
--    548 [276] SETFIELDK   R0 "v274" .k274
--    550 [277] SETFIELDK   R0 "v275" .k275
--    552 [278] SETFIELDK   R0 "v276" .k276
--    554 [279] SETFIELDK   R0 "v277" .k277
--    556 [280] SETFIELDK   R0 "v278" .k278
--    558 [281] SETFIELDK   R0 "v279" .k279
--    560 [282] SETFIELDK   R0 "v280" .k280
--    562 [283] SETFIELDK   R0 "v281" .k281
--    564 [284] SETFIELDK   R0 "v282" .k282
--    566 [285] SETFIELDK   R0 "v283" .k283
--    568 [286] SETFIELDK   R0 "v284" .k284
--    570 [287] SETFIELDK   R0 "v285" .k285
--    572 [288] SETFIELDK   R0 "v286" .k286
--    574 [289] SETFIELDK   R0 "v287" .k287
--    576 [290] SETFIELDK   R0 "v288" .k288
--    578 [291] SETFIELDK   R0 "v289" .k289
--    580 [292] SETFIELDK   R0 "v290" .k290
--    582 [293] SETFIELDK   R0 "v291" .k291
--    584 [294] SETFIELDK   R0 "v292" .k292
--    586 [295] SETFIELDK   R0 "v293" .k293
--    588 [296] SETFIELDK   R0 "v294" .k294
--    590 [297] SETFIELDK   R0 "v295" .k295
--    592 [298] SETFIELDK   R0 "v296" .k296
--    594 [299] SETFIELDK   R0 "v297" .k297
--    596 [300] SETFIELDK   R0 "v298" .k298
--    598 [301] SETFIELDK   R0 "v299" .k299
--    600 [302] SETFIELDK   R0 "v300" .k300
--    602 [304] LOADK       R1 123456.5
--    603 [304] SETINDEXI   R0 #1 R1 @300
--    605 [305] GETFIELD    R1 R0 .k300
--    607 [305] LOADK       R2 654321
--    608 [305] ADD         R1 R1 R2
--    609 [306] JEQK        R1 "another" -> 612
--    611 [306] LFALSESKIP  R2 -> 613
--    612 [306] LOADTRUE    R2
--    613 [306] RETURN0
--   local t 602..613: R0
--   local x 609..613: R1
--   local y 613..613: R2
