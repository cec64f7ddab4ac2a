/* SPDX-License-Identifier: Apache-2.0 */
/* The abbreviations of time zones that Postgres knows by default (timezone_abbreviations = 'Default'). Some have a
 * fixed offset; others, whose meaning changed over the years, name a zone and are looked up at the moment in
 * question. Sorted for binary search; immutable. */
#include "engine/record/timezone_data.h"

#include <stdlib.h>

static const struct timezone_abbreviation abbreviations[] = {
    {"acdt", 37800, NULL}, {"acsst", 37800, NULL}, {"acst", 34200, NULL}, {"act", -18000, NULL},
    {"acwst", 31500, NULL}, {"adt", -10800, NULL}, {"aedt", 39600, NULL}, {"aesst", 39600, NULL},
    {"aest", 36000, NULL}, {"aft", 16200, NULL}, {"akdt", -28800, NULL}, {"akst", -32400, NULL},
    {"almst", 25200, NULL}, {"almt", 21600, NULL}, {"amst", 0, "Asia/Yerevan"},
    {"amt", -14400, NULL}, {"anast", 0, "Asia/Anadyr"}, {"anat", 0, "Asia/Anadyr"},
    {"arst", 0, "America/Argentina/Buenos_Aires"}, {"art", 0, "America/Argentina/Buenos_Aires"},
    {"ast", -14400, NULL}, {"awsst", 32400, NULL}, {"awst", 28800, NULL}, {"azost", 0, NULL},
    {"azot", -3600, NULL}, {"azst", 0, "Asia/Baku"}, {"azt", 0, "Asia/Baku"},
    {"bdst", 7200, NULL}, {"bdt", 21600, NULL}, {"bnt", 28800, NULL}, {"bort", 28800, NULL},
    {"bot", -14400, NULL}, {"bra", -10800, NULL}, {"brst", -7200, NULL}, {"brt", -10800, NULL},
    {"bst", 3600, NULL}, {"btt", 21600, NULL}, {"cadt", 37800, NULL}, {"cast", 34200, NULL},
    {"cct", 28800, NULL}, {"cdt", -18000, NULL}, {"cest", 7200, NULL}, {"cet", 3600, NULL},
    {"cetdst", 7200, NULL}, {"chadt", 49500, NULL}, {"chast", 45900, NULL}, {"chut", 36000, NULL},
    {"ckt", 0, "Pacific/Rarotonga"}, {"clst", -10800, NULL}, {"clt", 0, "America/Santiago"},
    {"cot", -18000, NULL}, {"cst", -21600, NULL}, {"cxt", 25200, NULL},
    {"davt", 0, "Antarctica/Davis"}, {"ddut", 36000, NULL}, {"easst", 0, "Pacific/Easter"},
    {"east", 0, "Pacific/Easter"}, {"eat", 10800, NULL}, {"edt", -14400, NULL},
    {"eest", 10800, NULL}, {"eet", 7200, NULL}, {"eetdst", 10800, NULL}, {"egst", 0, NULL},
    {"egt", -3600, NULL}, {"est", -18000, NULL}, {"fet", 10800, NULL}, {"fjst", 46800, NULL},
    {"fjt", 43200, NULL}, {"fkst", 0, "Atlantic/Stanley"}, {"fkt", 0, "Atlantic/Stanley"},
    {"fnst", -3600, NULL}, {"fnt", -7200, NULL}, {"galt", -21600, NULL}, {"gamt", -32400, NULL},
    {"gest", 0, "Asia/Tbilisi"}, {"get", 0, "Asia/Tbilisi"}, {"gft", -10800, NULL},
    {"gilt", 43200, NULL}, {"gmt", 0, NULL}, {"gyt", 0, "America/Guyana"}, {"hkt", 28800, NULL},
    {"hst", -36000, NULL}, {"ict", 25200, NULL}, {"idt", 10800, NULL},
    {"iot", 0, "Indian/Chagos"}, {"irkst", 0, "Asia/Irkutsk"}, {"irkt", 0, "Asia/Irkutsk"},
    {"irt", 12600, NULL}, {"ist", 7200, NULL}, {"jayt", 32400, NULL}, {"jst", 32400, NULL},
    {"kdt", 36000, NULL}, {"kgst", 21600, NULL}, {"kgt", 0, "Asia/Bishkek"},
    {"kost", 0, "Pacific/Kosrae"}, {"krast", 0, "Asia/Krasnoyarsk"},
    {"krat", 0, "Asia/Krasnoyarsk"}, {"kst", 32400, NULL}, {"lhdt", 0, "Australia/Lord_Howe"},
    {"lhst", 37800, NULL}, {"ligt", 36000, NULL}, {"lint", 0, "Pacific/Kiritimati"},
    {"lkt", 0, "Asia/Colombo"}, {"magst", 0, "Asia/Magadan"}, {"magt", 0, "Asia/Magadan"},
    {"mart", -34200, NULL}, {"mawt", 0, "Antarctica/Mawson"}, {"mdt", -21600, NULL},
    {"mest", 7200, NULL}, {"mesz", 7200, NULL}, {"met", 3600, NULL}, {"metdst", 7200, NULL},
    {"mez", 3600, NULL}, {"mht", 43200, NULL}, {"mmt", 23400, NULL}, {"mpt", 36000, NULL},
    {"msd", 14400, NULL}, {"msk", 0, "Europe/Moscow"}, {"mst", -25200, NULL},
    {"must", 18000, NULL}, {"mut", 14400, NULL}, {"mvt", 18000, NULL}, {"myt", 28800, NULL},
    {"ndt", -9000, NULL}, {"nft", -12600, NULL}, {"novst", 0, "Asia/Novosibirsk"},
    {"novt", 0, "Asia/Novosibirsk"}, {"npt", 20700, NULL}, {"nst", -12600, NULL},
    {"nut", 0, "Pacific/Niue"}, {"nzdt", 46800, NULL}, {"nzst", 43200, NULL},
    {"nzt", 43200, NULL}, {"omsst", 0, "Asia/Omsk"}, {"omst", 0, "Asia/Omsk"},
    {"pdt", -25200, NULL}, {"pet", -18000, NULL}, {"petst", 0, "Asia/Kamchatka"},
    {"pett", 0, "Asia/Kamchatka"}, {"pgt", 36000, NULL}, {"pht", 28800, NULL},
    {"pkst", 21600, NULL}, {"pkt", 18000, NULL}, {"pmdt", -7200, NULL}, {"pmst", -10800, NULL},
    {"pont", 39600, NULL}, {"pst", -28800, NULL}, {"pwt", 32400, NULL}, {"pyst", -10800, NULL},
    {"pyt", 0, "America/Asuncion"}, {"ret", 14400, NULL}, {"sadt", 37800, NULL},
    {"sast", 7200, NULL}, {"sct", 14400, NULL}, {"sgt", 0, "Asia/Singapore"},
    {"taht", -36000, NULL}, {"tft", 18000, NULL}, {"tjt", 18000, NULL},
    {"tkt", 0, "Pacific/Fakaofo"}, {"tmt", 0, "Asia/Ashgabat"}, {"tot", 46800, NULL},
    {"trut", 36000, NULL}, {"tvt", 43200, NULL}, {"uct", 0, NULL}, {"ulast", 32400, NULL},
    {"ulat", 0, "Asia/Ulaanbaatar"}, {"ut", 0, NULL}, {"utc", 0, NULL}, {"uyst", -7200, NULL},
    {"uyt", -10800, NULL}, {"uzst", 21600, NULL}, {"uzt", 18000, NULL},
    {"vet", 0, "America/Caracas"}, {"vlast", 0, "Asia/Vladivostok"},
    {"vlat", 0, "Asia/Vladivostok"}, {"volt", 0, "Europe/Volgograd"}, {"vut", 39600, NULL},
    {"wadt", 28800, NULL}, {"wakt", 43200, NULL}, {"wast", 25200, NULL}, {"wat", 3600, NULL},
    {"wdt", 32400, NULL}, {"wet", 0, NULL}, {"wetdst", 3600, NULL}, {"wft", 43200, NULL},
    {"wgst", -7200, NULL}, {"wgt", -10800, NULL}, {"xjt", 21600, NULL},
    {"yakst", 0, "Asia/Yakutsk"}, {"yakt", 0, "Asia/Yakutsk"}, {"yapt", 36000, NULL},
    {"yekst", 21600, NULL}, {"yekt", 0, "Asia/Yekaterinburg"}, {"z", 0, NULL}, {"zulu", 0, NULL},
};

static int abbreviation_compare(const void *key, const void *row) {
    return strcmp(key, ((const struct timezone_abbreviation *)row)->name);
}

const struct timezone_abbreviation *timezone_abbreviation_find(struct slice name) {
    char key[TIMEZONE_ABBREVIATION_MAX + 1];
    if (name.len > TIMEZONE_ABBREVIATION_MAX) {
        return NULL;
    }
    for (size_t i = 0; i < name.len; i++) {
        key[i] = name.data[i] >= 'A' && name.data[i] <= 'Z' ? (char)(name.data[i] + 32) : name.data[i];
    }
    key[name.len] = '\0';
    return bsearch(key, abbreviations, sizeof abbreviations / sizeof abbreviations[0],
                   sizeof abbreviations[0], abbreviation_compare);
}
