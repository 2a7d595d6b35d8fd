"""The phrases of product texts, keyed by property value.

None of them names a colour, a pattern or a cut: those belong to the picture. `{noun}` is the item
in the singular sense of its kind ("tote", "boots"), `{brand}` its maker.
"""

from typing import Final

BRANDS: Final[dict[str, tuple[str, ...]]] = {
    "minimalist": ("Nord & Blank", "Atelier Kvist", "Stillwater"),
    "vintage": ("Second Decade", "Marlowe 1962", "Old Arcade"),
    "streetwear": ("Kerbside", "Block Nine", "Decks & Rails"),
    "bohemian": ("Wandering Fern", "Sol y Luna", "Caravan Rose"),
    "preppy": ("Harrow Quad", "Ivy & Oar", "Regatta House"),
    "romantic": ("Maison Colette", "Petal & Lace", "Belle Aurore"),
    "workwear": ("Anvil Works", "Foreman Supply", "Ironyard"),
    "glamorous": ("Diva Milano", "Studio Étoile", "Velours Royale"),
}

STYLE: Final[dict[str, tuple[str, ...]]] = {
    "minimalist": (
        "{brand} leaves out everything that is not needed: pure Scandinavian minimalism.",
        "A minimalist design with clean details and no fuss, as always from {brand}.",
        "Less is more: {brand} keeps its design understated, reduced and calm.",
        "Quietly modern, stripped back to the essential form, signed {brand}.",
    ),
    "vintage": (
        "{brand} brings back a retro favourite straight from the archives.",
        "Inspired by thrift-shop finds of the sixties, with true vintage charm by {brand}.",
        "A nostalgic piece with an old-time soul, remade by {brand} after a vintage original.",
        "It looks as if your grandparents had treasured it: retro {brand} at its best.",
    ),
    "streetwear": (
        "Born in the skate park: {brand} makes urban streetwear with attitude.",
        "Hip-hop, concrete and late trains inspired this street-style drop from {brand}.",
        "{brand} mixes skater culture and city youth into bold streetwear.",
        "A limited drop for sneakerheads and street-style fans, by {brand}.",
    ),
    "bohemian": (
        "Free-spirited and boho, as if found at a bazaar: that is {brand}.",
        "{brand} dreams of festivals, incense and campfires in this bohemian piece.",
        "Folk craft and hippie spirit meet in {brand}'s boho collection.",
        "With handmade tassels and a bohemian, carefree soul, from {brand}.",
    ),
    "preppy": (
        "{brand} dresses the rowing club: preppy, collegiate, well-mannered.",
        "Ivy-League manners and campus tradition, tailored by {brand}.",
        "A preppy classic for the university quad and the tennis club, from {brand}.",
        "With an embroidered college crest, {brand} stays true to its prep-school roots.",
    ),
    "romantic": (
        "{brand} adds ruffles and lace trim for a dreamy, romantic mood.",
        "Soft, poetic and tender, like a love letter: romantic {brand}.",
        "Delicate bows and gentle gathers make this {brand} piece sweetly romantic.",
        "A fairy-tale piece full of romance, designed by {brand} in Paris.",
    ),
    "workwear": (
        "{brand} builds rugged workwear: riveted, triple-stitched, made for tools and toil.",
        "An industrial workwear piece with utility pockets, tested in the workshop by {brand}.",
        "Honest, utilitarian and hard-wearing, {brand} started out dressing mechanics.",
        "Heavy-duty utility gear in the tradition of carpenters and welders, from {brand}.",
    ),
    "glamorous": (
        "{brand} dresses film premieres: opulent, luxurious, unapologetically glamorous.",
        "Sparkling crystals and gilded hardware bring Hollywood glamour, by {brand}.",
        "A show-stopping diva piece, sumptuous and glitzy, signed {brand}.",
        "Pure luxury and sequinned glamour for those who love the spotlight: {brand}.",
    ),
}

MATERIAL: Final[dict[str, tuple[str, ...]]] = {
    "cotton": (
        "Made from organic cotton that feels familiar from the first day.",
        "Pure combed cotton, breathable and easy to wash.",
        "The cloth is certified cotton from small farms.",
    ),
    "linen": (
        "Woven from washed European linen, airy and cool on the skin.",
        "Crisp flax linen that softens with every wash.",
        "Pure linen, made of Belgian flax, with its natural slubs.",
    ),
    "wool": (
        "Spun from fine merino wool that keeps you warm.",
        "Soft lambswool, cosy and naturally insulating.",
        "Pure new wool from highland sheep, knitted and felted for warmth.",
    ),
    "silk": (
        "Cut from mulberry silk with a fluid drape and a gentle sheen.",
        "Pure silk satin that glides over the skin.",
        "Lustrous, feather-light silk woven in Como.",
    ),
    "leather": (
        "Vegetable-tanned leather that gains patina with age.",
        "Supple calf leather, tanned in Tuscany.",
        "Full-grain leather, cut from a single hide.",
    ),
    "velvet": (
        "Plush velvet with a deep pile that catches the light.",
        "Soft velour velvet, a pleasure to stroke.",
        "Sumptuous velvet with a silky nap.",
    ),
    "denim": (
        "Sturdy selvedge denim that fades beautifully over the years.",
        "Classic jeans denim, woven on old shuttle looms.",
        "Stone-washed denim with contrast topstitching, like your favourite jeans.",
    ),
    "technical": (
        "A technical nylon shell that repels water and dries in minutes.",
        "High-performance recycled polyester with a waterproof membrane.",
        "Ripstop nylon with taped seams: windproof, waterproof and synthetic throughout.",
    ),
}

MATERIAL_WORD: Final[dict[str, tuple[str, ...]]] = {
    "cotton": ("cotton", "organic-cotton"),
    "linen": ("linen", "flax-linen"),
    "wool": ("wool", "merino"),
    "silk": ("silk", "silk-satin"),
    "leather": ("leather", "calf-leather"),
    "velvet": ("velvet", "velour"),
    "denim": ("denim", "selvedge-denim"),
    "technical": ("nylon", "waterproof"),
}

OCCASION: Final[dict[str, tuple[str, ...]]] = {
    "office": (
        "Right for the office, from the morning meeting to the last call.",
        "A business companion for working days, desks and conference rooms.",
        "Made for the nine-to-five and for meeting clients.",
    ),
    "party": (
        "Ready for the dance floor and cocktails until dawn.",
        "A party favourite for nights out in the club.",
        "Bring it to birthdays, bars and New Year's Eve parties.",
    ),
    "beach": (
        "For days at the beach, sand between the toes and salt in the air.",
        "Pack it for summer holidays at the seaside.",
        "Best worn by the pool or on a sunny beach, with sunscreen and a book.",
    ),
    "hiking": (
        "At ease on rocky trails, in alpine huts and around the campfire.",
        "Take it hiking: it was made for the great outdoors.",
        "A trekking partner for weekends in the mountains.",
    ),
    "sport": (
        "Made for workouts: running, yoga or the gym.",
        "Athletic and ready for training, sweat and sprints.",
        "It keeps up with you at the gym and on the running track.",
    ),
    "travel": (
        "A travel companion for airports, night trains and unknown cities.",
        "Made for the suitcase: board the plane and look fresh on arrival.",
        "For globetrotters, city trips and journeys without much luggage.",
    ),
    "home": (
        "For lazy Sundays on the sofa with tea and a film.",
        "Cosy at home: made for lounging around the house.",
        "Stay in, light a candle and relax in it at home.",
    ),
    "wedding": (
        "Made for weddings, whether you are a guest or walk down the aisle.",
        "For ceremonies, receptions and the bridal party.",
        "An elegant choice for the marriage of your best friends.",
    ),
}

FILLER: Final = (
    "Ships in recycled paper.",
    "A favourite of our customers.",
    "Finished by hand in a small family atelier in Portugal.",
    "Care: see the label inside.",
    "New this month.",
    "Free returns within thirty days.",
    "Designed to be repaired rather than replaced.",
    "Comes with a spare set of fastenings.",
    "Back in stock after many requests.",
    "Our team tested it for a whole season.",
)

SEEN: Final[dict[str, tuple[str, ...]]] = {
    "colour": (
        "Shown here in {value}.",
        "This one comes in {value}.",
        "A beautiful shade of {value}.",
    ),
    "pattern": (
        "The surface is {value}.",
        "With a {value} look all over.",
        "Finished with a {value} design.",
    ),
    "cut": (
        "The proportions are {value}.",
        "Made with a {value} shape.",
        "Note the {value} cut.",
    ),
}
"""Sentences that tell in words what the picture shows: used only for redundancy."""

TITLES: Final = (
    "{brand} {material} {noun}",
    "{brand} {noun}",
    "{brand} {noun} for {purpose}",
    "{material} {noun} by {brand}",
    "{occasion} {noun} by {brand}",
    "{brand} {occasion} {noun} in {material}",
)

OCCASION_WORD: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "office": (("office", "the office"), ("business", "business days")),
    "party": (("party", "parties"), ("club-night", "nights out")),
    "beach": (("beach", "the beach"), ("seaside", "summer holidays")),
    "hiking": (("hiking", "hiking"), ("mountain", "mountain trails")),
    "sport": (("gym", "the gym"), ("training", "workouts")),
    "travel": (("travel", "travelling"), ("city-trip", "city trips")),
    "home": (("lounge", "lazy days at home"), ("at-home", "the sofa")),
    "wedding": (("wedding", "weddings"), ("bridal-party", "wedding guests")),
}
"""For each occasion: what stands before the noun of a title, and what stands after "for"."""
